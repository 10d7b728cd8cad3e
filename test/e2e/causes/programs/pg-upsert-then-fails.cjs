// Insert or look up: the duplicate is no problem; that the table of the next step is gone, is.
const { fastify } = require("fastify");
const { Pool } = require("pg");

const pool = new Pool();

const app = fastify();
app.post("/customers", async () => {
  try {
    await pool.query("insert into customers (id) values (7)");
  } catch (error) {
    if (error.code !== "23505") throw error;
    await pool.query("select * from customers where id = 7");
  }
  await pool.query("insert into welcome_mails (customer) values (7)");
  return { ok: true };
});

app.listen({ port: Number(process.env.PORT) });
module.exports = app.server;
