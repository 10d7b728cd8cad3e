// A normal service, as an ES module: express, fetch, and an error that is thrown.
import express from "express";

const app = express();
app.get("/pay", (_, response) => response.status(403).json({ reason: "no funds" }));
app.get("/orders/:id", async () => {
  const { port } = server.address();
  const response = await fetch(`http://127.0.0.1:${port}/pay`);
  if (!response.ok) throw new TypeError("the payment was refused");
});
const server = app.listen(0, "127.0.0.1", () => {
  process.once("disconnect", () => process.exit());
  process.send({ port: server.address().port });
});
