// A service on express with the routes of `ROUTES`: it calls whom it is told to call, one after the other, and answers 500 if one failed.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { queryOf, serveTraced, statusOf } from "../../support/services-program.ts";

/** As much of express as is used here; it brings no types. */
type Express = () => RequestListener & {
  get(route: string, handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>): void;
};

// The instrumentation patches what is loaded after it.
const app = (createRequire(import.meta.url)("express") as Express)();
for (const route of (process.env.ROUTES ?? "").split(" ")) {
  app.get(route, async (request, response) => {
    const { query } = queryOf(request);
    let status = Number(query.get("status") ?? "200");
    for (const to of query.getAll("to")) if ((await statusOf(to)) >= 400) status = 500;
    response.writeHead(status).end();
  });
}
serveTraced(app);
