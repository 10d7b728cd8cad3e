// A gateway as people write it with @fastify/reply-from.
import replyFrom from "@fastify/reply-from";
import fastify from "fastify";
import { serve } from "../../support/process/serve.ts";
import { seen } from "./seen.ts";

const app = fastify();
await app.register(replyFrom, { undici: {}, disableRequestLogging: true });
app.all("/*", (request, reply) => {
  if (seen(request.raw, reply.raw)) return;
  return reply.from(`${request.headers["x-upstream"]}${request.url}`, {
    // It hands on that the upstream keeps its connection; the client of the test waits for the end of its own.
    rewriteHeaders: ({ connection: _, ...fields }) => fields,
    onError: (answer) => void answer.code(502).send(),
  });
});
await app.ready();
serve(app.server);
