// The adapter with the types of Fastify: no instance needs a cast, whatever server and logger it has.
import fastify, { type FastifyInstance, type FastifyPluginAsync } from "fastify";
import { errorTree } from "otel-error-tree/fastify";

const app: FastifyInstance = fastify();
await app.register(errorTree);
await app.register(errorTree, {});
app.register(errorTree).after(() => {});

const routes: FastifyPluginAsync<{ prefix: string }> = async (instance) => {
  await instance.register(errorTree);
  instance.get<{ Params: { id: string } }>("/pay/:id", async ({ params }) => params.id);
};
app.register(routes, { prefix: "/api" });

await fastify({ http2: true }).register(errorTree);
await fastify({ https: {} }).register(errorTree);
await fastify({ logger: { level: "info" } })
  .withTypeProvider()
  .register(errorTree);
