// JSON is parsed without a look at the status: the page of a failed answer is no JSON.
const Koa = require("koa");
const Router = require("@koa/router");

const { PRICES, PORT } = process.env;

const app = new Koa();
app.silent = true;
const router = new Router();
router.get("/price", async (context) => {
  const response = await fetch(`${PRICES}/busy/price`);
  context.body = await response.json();
});
app.use(router.routes());

module.exports = app.listen(PORT);
