// The first service of the chain. It gives its error the failures beneath, and prints it.
import express from "express";
import { attachErrorTree } from "otel-error-tree";
import { prints } from "./prints.mjs";
import { next, serve } from "./serve.mjs";

const app = express();
app.get("/cart/:id", async function checkOut(request, response) {
  await next(`/orders/${request.params.id}`);
  response.send("thank you");
});
app.use(async (error, _request, response, _next) => {
  attachErrorTree(error);
  process.send({ printed: await prints(error) });
  response.sendStatus(500);
});
serve(app);
