// A saga: the stock is reserved, the payment fails, the reservation is taken back.
const express = require("express");

const { PAY, STOCK, PORT } = process.env;

async function call(method, url) {
  const response = await fetch(url, { method });
  if (!response.ok) throw new Error(`payment or stock failed`);
  await response.text();
}

const app = express();
app.post("/orders", async (_request, response) => {
  await call("POST", `${STOCK}/ok/hold`);
  try {
    await call("POST", `${PAY}/busy/charge`);
  } catch (error) {
    await call("DELETE", `${STOCK}/ok/hold`);
    throw error;
  }
  response.sendStatus(201);
});

module.exports = app.listen(PORT);
