// The call has a limit of its own, and the handler says so with 504.
const http = require("node:http");

const { ADS, PRICES, PORT } = process.env;

const server = http.createServer(async (_request, response) => {
  const ads = await fetch(`${ADS}/fails/ads`).catch(() => undefined);
  await ads?.text();
  try {
    const price = await fetch(`${PRICES}/ok/price?after=1500`, { signal: AbortSignal.timeout(300) });
    response.end(await price.text());
  } catch (error) {
    response.writeHead(error.name === "TimeoutError" ? 504 : 502).end();
  }
});
module.exports = server.listen(PORT);
