// A callee that is still at work when its caller leaves; it goes on when the test says so.
import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import { trace } from "@opentelemetry/api";
import { tell } from "../../../support/process/in-child.ts";
import { serve } from "../../../support/process/serve.ts";
import { queryOf } from "../../../support/services-program.ts";

/** What the test says next. */
async function told(): Promise<void> {
  await once(process, "message");
}

type Way = (response: ServerResponse, query: URLSearchParams) => unknown;

const WAYS: Readonly<Record<string, Way>> = {
  "/fine": (response) => void response.end("fine"),
  "/slow": async (response) => {
    await told();
    response.end("done");
  },
  // Has failed already, and is at work all the same.
  "/failing": async (response, query) => {
    await once(http.get(query.get("to") as string), "response").catch(() => undefined);
    tell({ failed: true });
    await told();
    response.writeHead(500).end();
  },
  "/streams": async (response) => {
    response.write("first ");
    await told();
    response.end("last");
  },
  // The program gives up, not its caller.
  "/drops": async (response) => {
    await told();
    response.destroy();
  },
  // A body that breaks off when the caller has its first part.
  "/cut": async (response) => {
    response.write("first ");
    await told();
    response.destroy();
  },
  // A gateway that destroys its own response with the error that another connection ended with.
  "/hands-on": (response) => {
    const error = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
    response.destroy(error);
  },
};

const server = http.createServer((request, response) => {
  const { path, query } = queryOf(request);
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  tell({ arrived: traceId, [`arrived ${request.url}`]: traceId });
  response.on("close", () => tell({ closed: response.writableFinished ? "finished" : "unfinished" }));
  void WAYS[path]?.(response, query);
});
Object.assign(server, { httpAllowHalfOpen: process.env.HALF_OPEN === "yes" });
serve(server);
