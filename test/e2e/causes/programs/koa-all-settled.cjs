// All parts of a page are waited for; one of them is needed, and its error is thrown on.
const Koa = require("koa");
const Router = require("@koa/router");

const { ADS, PRICES, USERS, PORT } = process.env;

async function getJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return await response.json();
}

const app = new Koa();
app.silent = true;
const router = new Router();
router.get("/home", async (context) => {
  const [user, ads, price] = await Promise.allSettled([
    getJson(`${USERS}/fails/me?after=20`),
    getJson(`${ADS}/fails/ads`),
    getJson(`${PRICES}/ok/price?after=40`),
  ]);
  if (user.status === "rejected") throw user.reason;
  context.body = { user: user.value, ads: ads.value ?? [], price: price.value };
});
app.use(router.routes());

module.exports = app.listen(PORT);
