// A service on Express: nested routers, a framework's own error, error handlers of the program.

import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { errorTree } from "otel-error-tree/express";
import { serve } from "../../support/process/serve.ts";
import { failAs, isObserved, statusFor } from "./ways.ts";

/** As much of Express as is used here; it brings no types. */
interface Router {
  use(...handlers: unknown[]): void;
  get(path: string, ...handlers: ((request: Request, response: Response, next: Next) => unknown)[]): void;
}
interface Request {
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
}
interface Response {
  status(code: number): Response;
  redirect(to: string): void;
  write(text: string): void;
  send(text: string): void;
}
type Next = (error?: unknown) => void;
const express = createRequire(import.meta.url)("express") as (() => Router & RequestListener) & {
  Router(): Router;
};

const app = express();
app.get("/orders/:id", (request) => failAs(request.query.how ?? ""));
app.get("/late/:id", async (_request, response) => {
  response.write("begun");
  await failAs("");
});
app.get("/own/:id", (_request, response) => response.status(409).send("no"));
const nested = express.Router();
nested.get("/orders/:id", (_request, _response, next) => next(new TypeError("no payment")));
app.use("/nested", nested);
if (isObserved) app.use(errorTree());
app.use((error: unknown, _request: Request, response: Response, next: Next) => {
  const status = statusFor(error);
  if (status === undefined) next(error);
  else if (status === 302) response.redirect("/");
  else response.status(status).send("answered");
});

serve(createServer(app));
