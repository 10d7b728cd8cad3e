// The error of a call comes out of the router's layer as one of the shop's own.
const Koa = require("koa");
const Router = require("@koa/router");

const { PAY, PORT } = process.env;

const app = new Koa();
app.silent = true;
app.use(async (context, next) => {
  const start = Date.now();
  await next();
  context.set("x-response-time", `${Date.now() - start}`);
});
const router = new Router();
router.post("/orders", async (context) => {
  const url = `${PAY}/busy/charge`;
  const response = await fetch(url, { method: "POST" });
  if (!response.ok) throw new Error(`payment at ${url} failed with ${response.status}`);
  context.status = 201;
});
app.use(router.routes());

module.exports = app.listen(PORT);
