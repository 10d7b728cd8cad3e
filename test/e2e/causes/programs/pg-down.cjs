// Two queries side by side on a database that is down.
const { fastify } = require("fastify");
const { Pool } = require("pg");

const pool = new Pool({ host: "127.0.0.1", port: Number(new URL(process.env.DEAD).port) });

const app = fastify();
app.get("/report", async () => {
  const [orders, customers] = await Promise.all([
    pool.query("select count(*) from orders"),
    pool.query("select count(*) from customers"),
  ]);
  return { orders: orders.rows, customers: customers.rows };
});

app.listen({ port: Number(process.env.PORT) });
module.exports = app.server;
