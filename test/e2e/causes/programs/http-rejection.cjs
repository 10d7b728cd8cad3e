// What is not there is not there: the gateway hands the 404 on.
const http = require("node:http");

const { STOCK, PORT } = process.env;

const server = http.createServer(async (_request, response) => {
  const item = await fetch(`${STOCK}/missing/item`);
  response.writeHead(item.status).end(await item.text());
});
module.exports = server.listen(PORT);
