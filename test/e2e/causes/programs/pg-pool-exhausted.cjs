// Whoever holds the pool's only connection asks the pool for another one.
const Koa = require("koa");
const { Pool } = require("pg");

const pool = new Pool({ max: 1, connectionTimeoutMillis: 1_000 });

const app = new Koa();
app.silent = true;
app.use(async (context) => {
  const client = await pool.connect();
  try {
    const { rows } = await client.query("select * from customers");
    context.body = await Promise.all(rows.map(ordersOf));
  } finally {
    client.release();
  }
});

async function ordersOf({ id }) {
  const { rows } = await pool.query("select * from orders where customer = $1", [id]);
  return rows;
}

module.exports = app.listen(process.env.PORT);
