// Reviews are optional and fail; the handler goes on to the stock and then trips over a field that is not there.
const express = require("express");

const { ADS, STOCK, PORT } = process.env;

async function getJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return await response.json();
}

const app = express();
app.get("/item", async (_request, response, next) => {
  try {
    const reviews = await getJson(`${ADS}/fails/reviews`).catch(() => []);
    const stock = await getJson(`${STOCK}/ok/stock`);
    response.json({ reviews, city: stock.warehouse.city });
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
