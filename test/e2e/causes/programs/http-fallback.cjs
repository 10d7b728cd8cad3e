// The first source is busy, so the second one is asked, and fails in another way.
const http = require("node:http");

const { PRICES, STOCK, PORT } = process.env;

async function load() {
  for (const source of [`${PRICES}/busy/list`, `${STOCK}/fails/list`]) {
    const response = await fetch(source);
    const body = await response.text();
    if (response.ok) return body;
  }
  return undefined;
}

const server = http.createServer(async (_request, response) => {
  const list = await load();
  response.statusCode = list === undefined ? 500 : 200;
  response.end(list);
});
module.exports = server.listen(PORT);
