// A service on Hono, as its users write one.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { errorTree } from "otel-error-tree/hono";
import { isByHand, pay } from "./pay.mjs";

const app = new Hono();
if (isByHand) app.use(errorTree());
app.onError((_error, context) => context.json({ error: "no" }, 500));
app.get("/pay/:id", async (context) => {
  return context.json(await pay(context.req.param("id")));
});

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(`listens on ${port}`));
