// A service on Hono: nested and mounted applications, a request within the process, an error handler of the program.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { errorTree } from "otel-error-tree/hono";
import { endWithParent, tell } from "../../support/process/in-child.ts";
import { failAs, isObserved, statusFor } from "./ways.ts";

endWithParent();
const app = new Hono();
if (isObserved) app.use(errorTree());
app.onError((error, context) => {
  const status = statusFor(error);
  if (status === 302) return context.redirect("/");
  if (status !== undefined) return context.text("answered", status as 200);
  return error instanceof HTTPException ? error.getResponse() : context.text("Internal Server Error", 500);
});
app.get("/orders/:id", (context) => failAs(context.req.query("how") ?? ""));
app.get("/own/:id", () => {
  throw new HTTPException(409, { message: "no" });
});
app.get("/inside/:id", async (context) => {
  const { status } = await app.request("/orders/7");
  return context.text(`within: ${status}`);
});
app.get("/nothing/:id", (async () => {}) as never);
const nested = new Hono();
nested.get("/orders/:id", () => failAs(""));
app.route("/nested", nested);
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => tell({ port }));
