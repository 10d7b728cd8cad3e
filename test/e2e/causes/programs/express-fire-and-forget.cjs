// Analytics is told without waiting, and nobody listens there; then the order breaks a rule of the shop.
const express = require("express");

const { DEAD, PRICES, PORT } = process.env;

class PriceError extends Error {
  name = "PriceError";
}

const app = express();
app.post("/orders", async (_request, _response, next) => {
  try {
    const price = await (await fetch(`${PRICES}/ok/price`)).json();
    fetch(`${DEAD}/events`, { method: "POST", body: "{}" }).catch(() => {});
    if (price.cents === undefined) throw new PriceError("no price for sku 9");
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
