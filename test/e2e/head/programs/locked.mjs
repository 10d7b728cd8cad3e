// A program that has locked functions of node's messages, before it sets the library up.
import { createRequire } from "node:module";
import { createErrorTree } from "otel-error-tree";

const http = createRequire(import.meta.url)("node:http");
const locked = { writable: false, configurable: false };
Object.defineProperty(http.ServerResponse.prototype, "writeHead", locked);
Object.defineProperty(http.ClientRequest.prototype, "_implicitHeader", locked);
createErrorTree({ trust: "loopback" });
const server = http.createServer(({ headers, rawHeaders }, response) => {
  response.writeHead(200, { "x-error-tree": "copied" });
  response.end(JSON.stringify([headers["x-error-tree"] ?? "hidden", rawHeaders.includes("v=1, f=json")]));
});
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-error-tree": "v=1, f=json" } });
  process.stdout.write(`${response.headers.get("x-error-tree")} ${await response.text()}\n`);
  server.close();
});
