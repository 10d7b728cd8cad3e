// A service on Koa: a router, and an error handler of the program in front of it.

import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { errorTree } from "otel-error-tree/koa";
import { serve } from "../../support/process/serve.ts";
import { failAs, isObserved, statusFor } from "./ways.ts";

/** As much of Koa as is used here; it brings no types. */
interface Koa {
  silent: boolean;
  use(middleware: unknown): void;
  callback(): RequestListener;
}
interface Context {
  status: number;
  body: string;
  readonly query: Readonly<Record<string, string>>;
  redirect(to: string): void;
  throw(status: number, message: string): never;
}
interface Router {
  get(path: string, handler: (context: Context) => unknown): void;
  use(path: string, middleware: unknown): void;
  routes(): unknown;
}
const require = createRequire(import.meta.url);
const Application = require("koa") as new () => Koa;
const KoaRouter = require("@koa/router") as new () => Router;

const app = new Application();
app.silent = true;
app.use(async (context: Context, next: () => Promise<void>) => {
  try {
    await next();
  } catch (error) {
    const status = statusFor(error);
    if (status === undefined) throw error;
    if (status === 302) context.redirect("/");
    else context.status = status;
    context.body = "answered";
  }
});
if (isObserved) app.use(errorTree());
const nested = new KoaRouter();
nested.get("/orders/:id", () => failAs(""));
const router = new KoaRouter();
router.get("/orders/:id", (context) => failAs(context.query.how ?? ""));
router.get("/own/:id", (context) => context.throw(409, "no"));
router.use("/nested", nested.routes());
app.use(router.routes());

serve(createServer(app.callback()));
