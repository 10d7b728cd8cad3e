// What is taken back is taken back by a POST that fails, too; the program says what it is for.
const http = require("node:http");
const { inRole } = require("otel-error-tree");

const { PAY, STOCK, PORT } = process.env;

async function post(url) {
  const response = await fetch(url, { method: "POST" });
  await response.text();
  return response.ok;
}

const server = http.createServer(async (_request, response) => {
  const isPaid = await post(`${PAY}/busy/charge`);
  if (!isPaid) await inRole("compensation", () => post(`${STOCK}/fails/rebooking`));
  response.writeHead(isPaid ? 201 : 500).end();
});
module.exports = server.listen(PORT);
