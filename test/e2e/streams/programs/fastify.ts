// The same service on fastify, which pipes the streams that a handler returns.
import http, { type RequestListener } from "node:http";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import type { fastify as Fastify } from "fastify";
import { queryOf, serveTraced } from "../../../support/services-program.ts";
import { parts, SENDS } from "./body.ts";

// The instrumentation patches what is loaded after it.
const { fastify } = createRequire(import.meta.url)("fastify") as { fastify: typeof Fastify };

let listener: RequestListener | undefined;
const app = fastify({
  serverFactory: (handler) => {
    listener = handler;
    return http.createServer(handler);
  },
});
app.get("/generated", (request) => Readable.from(parts(queryOf(request.raw).query)));
app.get("/:way", (request, reply) => {
  const { path, query } = queryOf(request.raw);
  reply.hijack();
  void SENDS[path]?.(query, reply.raw);
});
await app.ready();

serveTraced(listener as RequestListener);
