// A service on fastify: `/orders/:id` answers in the way that `how` names.
import http, { type RequestListener } from "node:http";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import type { fastify as Fastify, FastifyReply, FastifyRequest } from "fastify";
import { OutOfStock, serveTraced, statusOf } from "../../../support/services-program.ts";

// The instrumentation patches what is loaded after it.
const { fastify } = createRequire(import.meta.url)("fastify") as { fastify: typeof Fastify };

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

const WAYS: Readonly<Record<string, Handler>> = {
  throws: () => {
    throw new OutOfStock("sold out");
  },
  rejects: async () => {
    await setImmediate();
    throw new OutOfStock("sold out");
  },
  "not-found": () => {
    throw Object.assign(new OutOfStock("no such order"), { statusCode: 404 });
  },
  conflict: (_, reply) => reply.code(409).send("already shipped"),
  calls: async (request, reply) => {
    const { to, status } = request.query as { to: string; status: string };
    await statusOf(to);
    return await reply.code(Number(status)).send("");
  },
};

let listener: RequestListener | undefined;
const app = fastify({
  serverFactory: (handler) => {
    listener = handler;
    return http.createServer(handler);
  },
});
app.get("/orders/:id", (request, reply) => WAYS[(request.query as { how: string }).how]?.(request, reply));
await app.ready();

serveTraced(listener as RequestListener);
