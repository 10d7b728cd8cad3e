// The stock is busy at first and answers the second time; then a rule of the shop is broken.
const { fastify } = require("fastify");

const { STOCK, PORT } = process.env;

async function getStock() {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${STOCK}/flaky/stock`);
    if (response.ok) return await response.json();
    await response.body?.cancel();
    if (attempt === 3) throw new Error(`the stock answered ${response.status}`);
  }
}

const app = fastify();
app.post("/orders", async () => {
  const { left = 0 } = await getStock();
  if (left < 1) throw new Error("the order has no lines");
  return { ok: true };
});

app.listen({ port: Number(PORT) });
module.exports = app.server;
