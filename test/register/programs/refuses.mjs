// Refuses an ask that came through a proxy.
import http from "node:http";
import { diag } from "@opentelemetry/api";

if (process.argv[2] === "logger") {
  const warn = (line) => process.stderr.write(`logger: ${line}\n`);
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} });
}
const server = http.createServer((_, response) => response.writeHead(500).end());
server.listen(0, "127.0.0.1", () => {
  const headers = { "x-error-tree": "v=1, f=json", "x-forwarded-for": "192.0.2.1", connection: "close" };
  http.get({ port: server.address().port, headers }, (response) =>
    response.resume().on("end", () => server.close()),
  );
});
