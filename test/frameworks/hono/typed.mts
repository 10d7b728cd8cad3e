// The adapter with the types of Hono: no application needs a cast, and what Hono infers of its routes stays.
import { serve } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { hc } from "hono/client";
import { createMiddleware } from "hono/factory";
import { errorTree } from "otel-error-tree/hono";

interface Env {
  Variables: { user: string };
  Bindings: { incoming: object };
}

const handler: MiddlewareHandler = errorTree();
const user = createMiddleware<Env>(async (context, next) => {
  context.set("user", "ada");
  await next();
});

const app = new Hono<Env>();
app.use(errorTree());
app.use("/pay/*", errorTree(), user);
app.use("*", handler);

const routes = app.use(errorTree()).get("/pay/:id", errorTree(), (context) => {
  const id: string = context.req.param("id");
  const name: string = context.get("user");
  return context.json({ id, name });
});
const client = hc<typeof routes>("http://localhost");
const answer = await (await client.pay[":id"].$get({ param: { id: "7" } })).json();
const id: string = answer.id;
serve({ fetch: app.fetch, port: id.length });
