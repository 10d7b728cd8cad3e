// The timer has fired already when the call that was waited for fails, too.
const express = require("express");

const { PRICES, PORT } = process.env;

const app = express();
app.get("/page", (_request, response) => {
  const timer = setTimeout(() => response.status(503).send("try again"), 50);
  fetch(`${PRICES}/busy/price?after=400`)
    .then((price) => price.json())
    .then((price) => {
      clearTimeout(timer);
      response.json(price);
    })
    .catch(() => {});
});

module.exports = app.listen(PORT);
