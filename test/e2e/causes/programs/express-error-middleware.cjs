// The payment fails, its error is wrapped, and the error middleware tells an audit service that is down.
const express = require("express");

const { DEAD, PAY, PORT } = process.env;

async function charge() {
  const url = `${PAY}/busy/charge`;
  const response = await fetch(url, { method: "POST" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

const app = express();
app.post("/orders", async (_request, response, next) => {
  try {
    await charge();
    response.sendStatus(201);
  } catch (error) {
    next(new Error(`could not place the order: ${error.message}`, { cause: error }));
  }
});
app.use(async (error, _request, response, _next) => {
  await fetch(`${DEAD}/failures`, { method: "POST", body: error.message }).catch(() => {});
  response.status(500).json({ error: "could not place the order" });
});

module.exports = app.listen(PORT);
