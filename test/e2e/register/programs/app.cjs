// A service as people have it: express, fetch, and an error that is thrown.
const express = require("express");

const app = express();
app.get("/pay", (_, response) => response.status(403).json({ reason: "no funds" }));
app.get("/orders/:id", async () => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/pay`);
  if (!response.ok) throw new TypeError("the payment was refused");
});
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
