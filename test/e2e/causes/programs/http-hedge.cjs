// Two replicas are asked at once; the first to fail ends it, and the other call is given up.
const http = require("node:http");

const { PRICES, STOCK, PORT } = process.env;

async function hedged(urls) {
  const controller = new AbortController();
  try {
    return await Promise.race(
      urls.map(async (url) => {
        const response = await fetch(url, { signal: controller.signal });
        if (!response.ok) throw new Error(`${url} answered ${response.status}`);
        return await response.text();
      }),
    );
  } finally {
    controller.abort();
  }
}

const server = http.createServer(async (_request, response) => {
  try {
    response.end(await hedged([`${PRICES}/ok/list?after=300`, `${STOCK}/fails/list`]));
  } catch {
    response.writeHead(500).end();
  }
});
module.exports = server.listen(PORT);
