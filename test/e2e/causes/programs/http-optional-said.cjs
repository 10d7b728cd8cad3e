// The program says that it goes on without reviews; what stops it is its own rule, which no error tells.
const http = require("node:http");
const { optional } = require("otel-error-tree");

const { ADS, PORT } = process.env;

async function reviews() {
  const response = await fetch(`${ADS}/fails/reviews`);
  if (!response.ok) throw new Error("no reviews");
  return await response.json();
}

const server = http.createServer(async (_request, response) => {
  const found = await optional(reviews).catch(() => []);
  const isBroken = found.length === 0;
  response.writeHead(isBroken ? 500 : 200).end();
});
module.exports = server.listen(PORT);
