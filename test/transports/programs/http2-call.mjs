// Serves and calls by HTTP/2, with a span of its own for the call, and prints what arrived and what came back.
import { once } from "node:events";
import http2 from "node:http2";
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { withErrorTree } from "otel-error-tree";

const sdk = new NodeSDK(
  withErrorTree({ instrumentations: [], autoDetectResources: false }, { trust: "loopback" }),
);
sdk.start();

const arrived = [];
const server = http2.createServer((request, response) => {
  arrived.push({ ...request.headers });
  response.writeHead(503, { "x-own": "1" });
  response.end("body");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();

const attributes = {
  "http.request.method": "GET",
  "server.address": "127.0.0.1",
  "server.port": port,
  "url.full": `http://127.0.0.1:${port}/pay`,
};
const came = await trace
  .getTracer("test")
  .startActiveSpan("GET", { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const headers = { ":path": "/pay" };
    propagation.inject(context.active(), headers);
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const stream = session.request(headers);
    const [head] = await once(stream, "response");
    let body = "";
    stream.setEncoding("utf8").on("data", (part) => {
      body += part;
    });
    await once(stream, "end");
    span.end();
    session.close();
    return { ...head, body };
  });
server.close();
process.stdout.write(`${JSON.stringify({ node: process.version, arrived, came })}\n`);
