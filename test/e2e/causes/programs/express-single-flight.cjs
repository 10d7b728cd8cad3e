// Two requests share one flight: the call is made beneath the first one, and its error reaches both.
const express = require("express");

const { PRICES, PORT } = process.env;

let flight;

async function load() {
  const url = `${PRICES}/busy/price?after=100`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return await response.json();
}

function price() {
  flight ??= load().finally(() => {
    flight = undefined;
  });
  return flight;
}

const app = express();
app.get("/price", async (_request, response, next) => {
  try {
    response.json(await price());
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
