// The third service of the chain.
import express from "express";
import { next, serve } from "./serve.mjs";

const app = express();
app.get("/stock/:id", async function reserve(request, response) {
  await next(`/shelves/${request.params.id}`);
  response.send("reserved");
});
app.use((_error, _request, response, _next) => response.sendStatus(503));
serve(app);
