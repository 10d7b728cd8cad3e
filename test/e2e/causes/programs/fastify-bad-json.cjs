// The answer is 200, but no JSON: whoever calls it is not prepared for that.
const { fastify } = require("fastify");

const { PRICES, PORT } = process.env;

const app = fastify();
app.get("/price", async () => {
  const response = await fetch(`${PRICES}/garbage/price`);
  return await response.json();
});

app.listen({ port: Number(PORT) });
module.exports = app.server;
