// A retry succeeds, and so does the request: something was handled, nothing failed.
const http = require("node:http");

const { STOCK, PORT } = process.env;

const server = http.createServer(async (_request, response) => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const stock = await fetch(`${STOCK}/flaky/stock`);
    const body = await stock.text();
    if (!stock.ok) continue;
    response.end(body);
    return;
  }
  response.writeHead(503).end();
});
module.exports = server.listen(PORT);
