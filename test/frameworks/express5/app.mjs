// A service on Express, as its users write one.
import express from "express";
import { errorTree } from "otel-error-tree/express";
import { isByHand, pay } from "./pay.mjs";

const app = express();
app.get("/pay/:id", async (request, response) => {
  response.json(await pay(request.params.id));
});
if (isByHand) app.use(errorTree());

const server = app.listen(0, "127.0.0.1", () => console.log(`listens on ${server.address().port}`));
