// A gateway as people write it with the proxy helper of hono.
import type { Server } from "node:http";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { serve } from "../../support/process/serve.ts";
import { seen } from "./seen.ts";

const app = new Hono<{ Bindings: HttpBindings }>();
app.get("/seen", (c) => {
  seen(c.env.incoming, c.env.outgoing);
  return RESPONSE_ALREADY_SENT;
});
app.all("*", async (c) => {
  const { pathname, search } = new URL(c.req.url);
  try {
    return await proxy(`${c.req.header("x-upstream")}${pathname}${search}`, c.req);
  } catch {
    return c.body(null, 502);
  }
});
serve(createAdaptorServer({ fetch: app.fetch }) as Server);
