// Every call succeeds, the handler itself is wrong.
const express = require("express");

const { PRICES, PORT } = process.env;

const app = express();
app.get("/price", async (_request, response, next) => {
  try {
    const price = await (await fetch(`${PRICES}/ok/price`)).json();
    response.json({ cents: price.amount.cents });
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
