// A service on koa with its router: `/orders/:id` answers in the way that `how` names.
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { OutOfStock, serveTraced, statusOf } from "../../../support/services-program.ts";

/** As much of koa as is used here; it brings no types. */
interface Koa {
  silent: boolean;
  use(middleware: unknown): void;
  callback(): RequestListener;
}
interface Context {
  status: number;
  body: string;
  readonly query: Readonly<Record<string, string>>;
  throw(status: number, message: string): never;
}
type Handler = (context: Context) => unknown;
interface Router {
  get(path: string, handler: Handler): void;
  routes(): unknown;
}

// The instrumentation patches what is loaded after it.
const require = createRequire(import.meta.url);
const Application = require("koa") as new () => Koa;
const KoaRouter = require("@koa/router") as new () => Router;

const WAYS: Readonly<Record<string, Handler>> = {
  throws: () => {
    throw new OutOfStock("sold out");
  },
  rejects: async () => {
    await setImmediate();
    throw new OutOfStock("sold out");
  },
  "not-found": (context) => context.throw(404, "no such order"),
  conflict: (context) => {
    context.status = 409;
    context.body = "already shipped";
  },
  calls: async (context) => {
    await statusOf(context.query.to as string);
    context.status = Number(context.query.status);
    context.body = "";
  },
};

const app = new Application();
// It would print what it answers with 500.
app.silent = true;
app.use(async (_: Context, next: () => Promise<void>) => await next());
const router = new KoaRouter();
router.get("/orders/:id", (context) => WAYS[context.query.how ?? ""]?.(context));
app.use(router.routes());

serveTraced(app.callback());
