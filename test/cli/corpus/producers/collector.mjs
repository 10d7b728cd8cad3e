// Sends one failing trace of two SDKs, of JavaScript and of Python, to the addresses of OTLP/HTTP in OTLP_URLS: a Collector with file
// exporters, and Jaeger. npm install @opentelemetry/sdk-trace @opentelemetry/exporter-trace-otlp-proto; node collector.mjs PYTHON
import { execFileSync } from "node:child_process";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const urls = process.env.OTLP_URLS.split(" ");
const provider = new TracerProvider({
  resource: resourceFromAttributes({ "service.name": "shop" }),
  spanProcessors: urls.map((url) => new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })),
});
const tracer = provider.getTracer("producer");
const beneath = (span) => trace.setSpan(context.active(), span);

const request = tracer.startSpan("GET /orders/:id", {
  kind: SpanKind.SERVER,
  attributes: { "http.request.method": "GET", "http.route": "/orders/:id" },
});
const call = tracer.startSpan(
  "POST",
  { kind: SpanKind.CLIENT, attributes: { "http.request.method": "POST", "server.address": "payment", "server.port": 8080 } },
  beneath(request),
);
const { traceId, spanId } = call.spanContext();
execFileSync(process.argv[2], [new URL("collector_payment.py", import.meta.url).pathname], {
  env: { ...process.env, TRACEPARENT: `00-${traceId}-${spanId}-01` },
});
call.setAttribute("http.response.status_code", 500).setStatus({ code: SpanStatusCode.ERROR }).end();
const error = new Error("payment answered 500");
request.recordException(error);
request.setAttribute("http.response.status_code", 502).setStatus({ code: SpanStatusCode.ERROR, message: error.message }).end();
await provider.shutdown();
console.log(traceId);
