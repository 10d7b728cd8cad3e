// Nobody listens where the price is asked for.
const http = require("node:http");

const { DEAD, PORT } = process.env;

async function page(response) {
  try {
    const price = await (await fetch(`${DEAD}/price`)).json();
    response.end(JSON.stringify(price));
  } catch {
    response.writeHead(502).end("no price to be had");
  }
}

const server = http.createServer((_request, response) => void page(response));
module.exports = server.listen(PORT);
