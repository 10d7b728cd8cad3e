import http from "node:http";
import { parentPort } from "node:worker_threads";

const server = http.createServer(async (request, response) => {
  if (request.url === "/pay") {
    response.writeHead(403).end();
    return;
  }
  await fetch(`http://127.0.0.1:${server.address().port}/pay`);
  response.writeHead(500).end();
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage({ port: server.address().port }));
