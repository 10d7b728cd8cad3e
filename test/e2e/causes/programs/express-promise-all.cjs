// A page needs a price and would like ads. The ads fail first and are left out; then the price fails.
const express = require("express");

const { ADS, PRICES, PORT } = process.env;

async function getJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return await response.json();
}

const app = express();
app.get("/page", async (_request, response, next) => {
  try {
    const [price, ads] = await Promise.all([
      getJson(`${PRICES}/busy/price?after=30`),
      getJson(`${ADS}/fails/ads`).catch(() => []),
    ]);
    response.json({ price, ads });
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
