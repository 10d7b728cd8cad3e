// A service that calls another one in a thread of the same process, which has an SDK of its own.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { trace } from "@opentelemetry/api";
import { serve } from "../../support/process/serve.ts";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { env: { ...process.env, SERVICE_NAME: "thread" } });
  const [port] = (await once(worker, "message")) as [number];
  serve(
    http.createServer(async (_request, response) => {
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      await answer.text();
      response.writeHead(502).end();
    }),
  );
} else {
  const server = http.createServer((_request, response) => {
    trace
      .getTracer("test")
      .startSpan("look up")
      .setStatus({ code: 2, message: "nothing in this thread" })
      .end();
    response.writeHead(503).end();
  });
  server.listen(0, "127.0.0.1", () => {
    parentPort?.postMessage((server.address() as AddressInfo).port);
  });
}
