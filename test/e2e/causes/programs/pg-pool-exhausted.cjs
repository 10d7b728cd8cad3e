// The pool has one connection, and somebody keeps it.
const Koa = require("koa");
const { Pool } = require("pg");

const pool = new Pool({ max: 1, connectionTimeoutMillis: 50 });
const kept = pool.connect();

const app = new Koa();
app.silent = true;
app.use(async (context) => {
  await kept;
  const { rows } = await pool.query("select * from orders");
  context.body = rows;
});

module.exports = app.listen(process.env.PORT);
