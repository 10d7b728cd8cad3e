// A service on Koa, as its users write one.
import Router from "@koa/router";
import Koa from "koa";
import { errorTree } from "otel-error-tree/koa";
import { isByHand, pay } from "./pay.mjs";

const app = new Koa();
app.use(async (context, next) => {
  try {
    await next();
  } catch {
    context.status = 500;
    context.body = "no";
  }
});
if (isByHand) app.use(errorTree());
const router = new Router();
router.get("/pay/:id", async (context) => {
  context.body = await pay(context.params.id);
});
app.use(router.routes());

const server = app.listen(0, "127.0.0.1", () => console.log(`listens on ${server.address().port}`));
