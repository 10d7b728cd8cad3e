// A service on express: `/orders/:id` answers in the way that `how` names.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { failRequest } from "otel-error-tree";
import { OutOfStock, queryOf, serveTraced, statusOf } from "../../../support/services-program.ts";

/** As much of express as is used here; it brings no types. */
interface Express {
  (): Router & RequestListener;
  Router(): Router;
}
interface Router {
  get(path: string, handler: Handler): void;
  use(path: string, handler: Handler | ErrorHandler | Router): void;
}
type Next = (error?: unknown) => void;
type ErrorHandler = (error: unknown, ...rest: Parameters<Handler>) => unknown;
type Handler = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

// The instrumentation patches what is loaded after it.
const express = createRequire(import.meta.url)("express") as Express;

const WAYS: Readonly<Record<string, Handler>> = {
  throws: () => {
    throw new OutOfStock("sold out");
  },
  rejects: async () => {
    await setImmediate();
    throw new OutOfStock("sold out");
  },
  next: (_request, _response, next) => next(new OutOfStock("sold out")),
  // What the package http-errors makes.
  "not-found": () => {
    throw Object.assign(new OutOfStock("no such order"), { status: 404, expose: true });
  },
  conflict: (_, response) => {
    response.statusCode = 409;
    response.end("already shipped");
  },
  queued: (_, response) => {
    response.statusCode = 503;
    queue.push(() => response.end("the kitchen is closed"));
  },
  calls: async (request, response) => {
    const { query } = queryOf(request);
    await statusOf(query.get("to") as string);
    response.statusCode = Number(query.get("status"));
    response.end();
  },
};

/** Work that a timer of the program does, outside of any request's context. */
const queue: (() => void)[] = [];
setInterval(() => queue.shift()?.(), 5).unref();

const answer: Handler = (request, response, next) =>
  WAYS[queryOf(request).query.get("how") ?? ""]?.(request, response, next);

const app = express();
app.get("/orders/:id", answer);
const shop = express.Router();
const orders = express.Router();
orders.get("/orders/:id", answer);
shop.use("/:shop", orders);
app.use("/shops", shop);
app.use("/guarded", () => {
  throw new OutOfStock("sold out");
});
app.use("/guarded-async", async () => {
  throw new OutOfStock("sold out");
});
app.use("/guarded-async/told", (error: unknown, _request, _response, next) => {
  failRequest(error);
  next(error);
});

serveTraced(app);
