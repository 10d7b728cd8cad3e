// A transaction: the insert breaks a rule of the database, everything is rolled back.
const express = require("express");
const { Pool } = require("pg");

const pool = new Pool();

const app = express();
app.post("/orders", async (_request, response, next) => {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("update stock set left_over = left_over - 1 where id = 1");
    await client.query("insert into orders (id, customer) values (1, 99)");
    await client.query("commit");
    response.sendStatus(201);
  } catch (error) {
    await client.query("rollback");
    next(error);
  } finally {
    client.release();
  }
});

module.exports = app.listen(process.env.PORT);
