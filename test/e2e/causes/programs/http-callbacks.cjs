// Callbacks all the way, node:http on both sides.
const http = require("node:http");

const { STOCK, PORT } = process.env;

const server = http.createServer((_request, response) => {
  http
    .get(`${STOCK}/fails/stock`, (stock) => {
      stock.resume();
      response.writeHead(stock.statusCode === 200 ? 200 : 502).end();
    })
    .on("error", () => response.writeHead(502).end());
});
module.exports = server.listen(PORT);
