// The same service without a set-up of its own, for register.
import http from "node:http";
import { failRequest } from "otel-error-tree";

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
