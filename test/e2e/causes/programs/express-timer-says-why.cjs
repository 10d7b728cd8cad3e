// The same, by a race whose error says what was waited for.
const express = require("express");

const { PRICES, PORT } = process.env;

function within(ms, promise, what) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]);
}

const app = express();
app.get("/page", async (_request, response, next) => {
  try {
    const price = await within(50, fetch(`${PRICES}/ok/price?after=400`), "the price");
    response.json(await price.json());
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
