// A server in front hands every request to the one behind, without a trace; what that one calls fails.
const http = require("node:http");

const { STOCK, PORT } = process.env;

const behind = http.createServer(async (_request, response) => {
  const stock = await fetch(`${STOCK}/fails/stock`);
  await stock.text();
  response.writeHead(500).end();
});
const front = http.createServer((request, response) => {
  behind.emit("request", request, response);
});
module.exports = front.listen(PORT);
