// Answers at once, slowly or with an error, as the query says; a service that has another one behind it hands the query on.
import http from "node:http";
import { setTimeout } from "node:timers/promises";

const { NEXT } = process.env;

async function answer(query) {
  if (NEXT !== undefined) return (await fetch(`${NEXT}/charge?${query}`)).status;
  if (query === "slow") await setTimeout(300);
  return query === "fail" ? 500 : 200;
}

const server = http.createServer(async (request, response) => {
  const [, query = ""] = request.url.split("?");
  response.writeHead(await answer(query)).end();
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`listens at http://127.0.0.1:${server.address().port}\n`),
);
