// Sends to a Jaeger what the client of OpenTracing for Node.js records, and keeps what Jaeger answers.
// npm install jaeger-client opentracing; node jaeger-client.cjs FOLDER COLLECTOR-URL QUERY-URL
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { initTracer } = require("jaeger-client");
const { Tags, FORMAT_TEXT_MAP } = require("opentracing");

const [folder, collector, query] = process.argv.slice(2);
const service = (serviceName) =>
  initTracer({
    serviceName,
    sampler: { type: "const", param: 1 },
    reporter: { collectorEndpoint: `${collector}/api/traces`, flushIntervalMs: 100 },
  });
const [shop, payment] = [service("shop"), service("payment")];

const request = shop.startSpan("GET /orders", { tags: { [Tags.SPAN_KIND]: "server", "http.method": "GET" } });
const call = shop.startSpan("charge", { childOf: request, tags: { [Tags.SPAN_KIND]: "client", [Tags.PEER_SERVICE]: "payment" } });
const carrier = {};
shop.inject(call, FORMAT_TEXT_MAP, carrier);
const charge = payment.startSpan("POST /charge", {
  childOf: payment.extract(FORMAT_TEXT_MAP, carrier),
  tags: { [Tags.SPAN_KIND]: "server" },
});
try {
  null.ledger;
} catch (error) {
  charge.setTag(Tags.ERROR, true);
  charge.setTag("http.status_code", 500);
  charge.log({ event: "error", "error.kind": error.name, "error.object": error.message, message: error.message, stack: error.stack });
}
charge.finish();
call.setTag(Tags.ERROR, true);
call.finish();
request.log({ level: "error", message: "the order cannot be paid" });
request.setTag("http.status_code", 500);
request.finish();

const traceId = request.context().traceIdStr;
setTimeout(async () => {
  for (const [path, file] of [
    [`/api/traces/${traceId}`, "jaeger-opentracing.json"],
    [`/api/v3/traces/${traceId.padStart(32, "0")}`, "jaeger-v3-opentracing.json"],
    ["/api/traces/00000000000000000000000000000001", "refused-jaeger-unknown.json"],
  ]) {
    const response = await fetch(query + path);
    writeFileSync(join(folder, file), await response.text());
  }
  process.exit(0);
}, 1500);
