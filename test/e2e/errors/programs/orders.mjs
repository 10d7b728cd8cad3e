// The second service of the chain.
import express from "express";
import { next, serve } from "./serve.mjs";

const app = express();
app.get("/orders/:id", async function placeOrder(request, response) {
  await next(`/stock/${request.params.id}`);
  response.send("placed");
});
app.use((_error, _request, response, _next) => response.sendStatus(502));
serve(app);
