// One service: fails by itself, or because the one that it calls did. Argument: the URL to call.
import http from "node:http";
import { failRequest } from "otel-error-tree";
import { sdk } from "./otel.mjs";

const [downstream] = process.argv.slice(2);
const server = http.createServer((_request, response) => {
  const fail = (status, message) => {
    failRequest(new RangeError(message));
    response.writeHead(status).end("it failed\n");
  };
  if (downstream === undefined) fail(503, "no account is left");
  else http.get(downstream, (from) => from.resume().on("end", () => fail(500, "the bank did not pay")));
});
server.listen(0, "127.0.0.1", () => console.log(`listens on ${server.address().port}`));
process.once("SIGTERM", async () => {
  await sdk.shutdown();
  process.exit();
});
