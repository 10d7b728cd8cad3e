// The catch block tells the audit service, which takes it, and throws the error on.
const express = require("express");

const { AUDIT, PAY, PORT } = process.env;

const app = express();
app.post("/orders", async (_request, response, next) => {
  try {
    const url = `${PAY}/busy/charge`;
    const paid = await fetch(url, { method: "POST" });
    if (!paid.ok) throw new Error(`POST ${url} answered ${paid.status}`);
    response.sendStatus(201);
  } catch (error) {
    await fetch(`${AUDIT}/ok/lines`, { method: "POST", body: error.message });
    next(error);
  }
});

module.exports = app.listen(PORT);
