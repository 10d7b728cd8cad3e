// A service on Fastify, as its users write one.
import fastify from "fastify";
import { errorTree } from "otel-error-tree/fastify";
import { isByHand, pay } from "./pay.mjs";

const app = fastify();
if (isByHand) app.register(errorTree);
app.get("/pay/:id", async (request) => {
  return await pay(request.params.id);
});

app.listen({ port: 0, host: "127.0.0.1" }).then(() => console.log(`listens on ${app.server.address().port}`));
