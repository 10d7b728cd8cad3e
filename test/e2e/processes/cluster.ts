// A service of two processes that share a port; one calls the other's kind over that port.
import cluster, { type Worker } from "node:cluster";
import http, { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { trace } from "@opentelemetry/api";
import { endWithParent, tell } from "../../support/process/in-child.ts";

const WORKERS = 2;

if (cluster.isPrimary) {
  endWithParent();
  let ready = 0;
  cluster.on("listening", (_worker: Worker, { port }) => {
    if (++ready === WORKERS) tell({ port });
  });
  for (let i = 0; i < WORKERS; i++) cluster.fork();
} else {
  const server = http.createServer((request, response) => {
    if (request.url !== "/call") {
      trace
        .getTracer("test")
        .startSpan("look up", { attributes: { pid: process.pid } })
        .setStatus({ code: 2, message: `nothing in ${process.pid}` })
        .end();
      response.writeHead(503).end();
      return;
    }
    const { port } = server.address() as AddressInfo;
    http.get({ port, host: "127.0.0.1", path: "/", agent: false }, async (answer: IncomingMessage) => {
      await text(answer);
      response.writeHead(502, { "x-pid": process.pid }).end();
    });
  });
  server.listen(0, "127.0.0.1");
}
