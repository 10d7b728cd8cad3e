// The error of a call is wrapped in one of the shop's own, and the hook that sends the answer does more work.
const { fastify } = require("fastify");

const { PAY, PORT } = process.env;

class OrderError extends Error {
  name = "OrderError";
}

const app = fastify();
app.addHook("onSend", async (_request, reply) => {
  reply.header("x-shop", "1");
});
app.post("/orders", async () => {
  const url = `${PAY}/busy/charge`;
  const paid = await fetch(url, { method: "POST" });
  if (!paid.ok)
    throw new OrderError("the order was not placed", { cause: new Error(`status ${paid.status}`) });
  return { ok: true };
});

app.listen({ port: Number(PORT) });
module.exports = app.server;
