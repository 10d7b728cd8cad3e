// The same transaction, and the handler answers 500 by itself: no error is told anywhere.
const http = require("node:http");
const { Pool } = require("pg");

const pool = new Pool();

const server = http.createServer(async (_request, response) => {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("insert into orders (id, customer) values (1, 99)");
    await client.query("commit");
    response.writeHead(201).end();
  } catch {
    await client.query("rollback");
    response.writeHead(500).end();
  } finally {
    client.release();
  }
});
module.exports = server.listen(process.env.PORT);
