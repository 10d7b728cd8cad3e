// got says status and reason; it tries twice before it gives up.
const Koa = require("koa");
const Router = require("@koa/router");
const { default: got } = require("got");

const { ADS, PRICES, PORT } = process.env;

const app = new Koa();
app.silent = true;
const router = new Router();
router.get("/page", async (context) => {
  const ads = await got(`${ADS}/fails/ads`, { retry: { limit: 0 } })
    .json()
    .catch(() => []);
  const retry = { limit: 1, backoffLimit: 10 };
  const price = await got(`${PRICES}/busy/price`, { retry }).json();
  context.body = { price, ads };
});
app.use(router.routes());

module.exports = app.listen(PORT);
