// The handler answers 503 because its timer fired; the call that it waited for is still running.
const express = require("express");

const { PRICES, PORT } = process.env;

const app = express();
app.get("/page", (_request, response) => {
  const timer = setTimeout(() => response.status(503).send("try again"), 50);
  fetch(`${PRICES}/ok/price?after=400`)
    .then((price) => price.json())
    .then((price) => {
      clearTimeout(timer);
      if (!response.headersSent) response.json(price);
    });
});

module.exports = app.listen(PORT);
