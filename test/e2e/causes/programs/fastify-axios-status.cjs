// axios says the status alone; the optional call failed with another one.
const { fastify } = require("fastify");
const axios = require("axios");

const { ADS, PRICES, PORT } = process.env;

const app = fastify();
app.get("/page", async () => {
  const ads = axios.get(`${ADS}/fails/ads`).catch(() => ({ data: [] }));
  const { data: price } = await axios.get(`${PRICES}/busy/price?after=30`);
  return { price, ads: (await ads).data };
});

app.listen({ port: Number(PORT) });
module.exports = app.server;
