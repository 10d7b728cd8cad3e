// A service under test with metrics from the environment, as an operator sets them up. It answers with the status of its path,
// calls the URL in `?to=`, and tells on request what it counted.
import { createRequire } from "node:module";
import { SpanKind, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { createErrorTree } from "../../support/limited-set-up.ts";
import { onAsk } from "../../support/process/in-child.ts";
import { serve } from "../../support/process/serve.ts";

const parts = createErrorTree();
const sdk = new NodeSDK({
  serviceName: "shop",
  sampler: parts.sampler(new AlwaysOffSampler()),
  textMapPropagator: parts.propagator(new W3CTraceContextPropagator()),
  spanProcessors: [parts.spanProcessor(new OTLPTraceExporter())],
  instrumentations: [new HttpInstrumentation()],
  autoDetectResources: false,
});
sdk.start();

const http = createRequire(import.meta.url)("node:http") as typeof import("node:http");
const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://shop");
  const status = Number(pathname.slice(1));
  for (let i = 0; i < Number(searchParams.get("steps")); i++) step(`step ${i}`);
  const head = searchParams.has("full") ? { "x-large": "x".repeat(3500) } : {};
  const respond = (): void => {
    response.writeHead(status, head).end();
  };
  const to = searchParams.get("to");
  if (to === null) respond();
  else http.get(to, (from) => from.resume().on("end", respond));
});

function step(name: string): void {
  const span = trace.getTracer("shop").startSpan(name, { kind: SpanKind.CLIENT });
  span.setStatus({ code: 2, message: `${name} broke, and tells so at some length` }).end();
}

onAsk({
  counts: () => parts.counts(),
  async shutdown() {
    await sdk.shutdown();
    return parts.counts();
  },
});
serve(server);
