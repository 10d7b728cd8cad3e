// Writes one failing trace by OpenTelemetry's SDK of JavaScript: OTLP JSON, Zipkin's JSON, and what the console exporter prints.
// npm install @opentelemetry/sdk-trace @opentelemetry/otlp-transformer @opentelemetry/exporter-zipkin; node js-sdk.mjs FOLDER
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { ZipkinExporter } from "@opentelemetry/exporter-zipkin";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { TracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";

const [folder] = process.argv.slice(2);
const kept = [];
const sent = [];
const printed = [];
console.dir = (value) => printed.push(value);
const zipkin = createServer(async (request, response) => {
  for await (const chunk of request) sent.push(chunk.toString());
  response.writeHead(202).end();
});
await new Promise((resolve) => zipkin.listen(0, "127.0.0.1", resolve));
const memory = {
  export(spans, done) {
    kept.push(...spans);
    done({ code: 0 });
  },
  shutdown: async () => {},
};
const service = (name) =>
  new TracerProvider({
    resource: resourceFromAttributes({ "service.name": name }),
    spanProcessors: [memory, new ConsoleSpanExporter(), new ZipkinExporter({ url: `http://127.0.0.1:${zipkin.address().port}/` })].map(
      (exporter) => new SimpleSpanProcessor({ exporter }),
    ),
  }).getTracer("producer");
const [shop, payment] = ["shop", "payment"].map(service);
const beneath = (span) => trace.setSpan(context.active(), span);

const request = shop.startSpan("GET /orders", { kind: SpanKind.SERVER });
const call = shop.startSpan("POST", { kind: SpanKind.CLIENT }, beneath(request));
const charge = payment.startSpan("POST /charge", { kind: SpanKind.SERVER }, beneath(call));
try {
  [].at(0).ledger;
} catch (error) {
  charge.recordException(error);
  charge.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}
charge.setAttribute("http.response.status_code", 500).end();
call.setAttribute("http.response.status_code", 500).setStatus({ code: SpanStatusCode.ERROR }).end();
request.setAttribute("http.response.status_code", 502).setStatus({ code: SpanStatusCode.ERROR }).end();
await new Promise((resolve) => setTimeout(resolve, 500));

// As the Collector's file exporter writes it: a request a line.
const lines = kept.map((span) => Buffer.from(JsonTraceSerializer.serializeRequest([span])).toString());
writeFileSync(join(folder, "otlp-lines-js.jsonl"), `${lines.join("\n")}\n`);
writeFileSync(join(folder, "zipkin-otel-js.json"), `${sent.join("\n")}\n`);
const { inspect } = await import("node:util");
writeFileSync(join(folder, "refused-console-js.txt"), `${printed.map((one) => inspect(one, { depth: 3 })).join("\n")}\n`);
process.exit(0);
