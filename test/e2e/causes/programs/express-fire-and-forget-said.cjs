// Analytics is told without waiting while a price is asked for. No rule can know that its failure matters to nobody: the
// program says it.
const express = require("express");
const { optional } = require("otel-error-tree");

const { DEAD, PRICES, PORT } = process.env;

class PriceError extends Error {
  name = "PriceError";
}

const app = express();
app.post("/orders", async (_request, _response, next) => {
  try {
    optional(() => fetch(`${DEAD}/events`, { method: "POST", body: "{}" })).catch(() => {});
    const price = await (await fetch(`${PRICES}/ok/price?after=50`)).json();
    if (price.cents === undefined) throw new PriceError("no price for sku 9");
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
