// What the services over databases have in common: `GET /CASE` runs a case, and what it throws is answered with 500.
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { failRequest } from "otel-error-tree";
import { tell } from "../../../../support/process/in-child.ts";
import { serveTraced } from "../../../../support/services-program.ts";

/** Where the server is, and a port on which nobody listens. */
const { INSTALLED, ...env } = process.env;
export const HOST: string = env.HOST ?? "";
export const PORT: string = env.PORT ?? "";
export const PASSWORD: string = env.PASSWORD ?? "";
export const CLOSED_PORT: string = env.CLOSED_PORT ?? "";

/** Loads a client: the instrumentations patch what `require` gives. With `INSTALLED` it is that of another folder. */
export const load: NodeJS.Require = createRequire(
  INSTALLED === undefined ? import.meta.url : join(INSTALLED, "index.js"),
);

type Case = () => Promise<unknown>;

/** Serves the cases. */
export function serveCases(cases: Readonly<Record<string, Case>>): void {
  serveTraced(async (request, response) => {
    try {
      await cases[request.url?.slice(1) ?? ""]?.();
    } catch (error) {
      failRequest(error);
      response.statusCode = 500;
    }
    response.end();
  });
}

/** Does something at the server when the test says so, and says when it was sent, so that the test can end the server meanwhile. */
export async function running(work: () => Promise<unknown>): Promise<void> {
  const told = once(process, "message");
  tell({ ready: true });
  await told;
  const result = work();
  setImmediate(() => tell({ working: true }));
  await result;
}
