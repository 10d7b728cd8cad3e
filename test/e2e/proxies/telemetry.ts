// OpenTelemetry of a program behind or before the proxies, from its parts: they tell what the library counted.
import { createRequire } from "node:module";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler, type SpanExporter } from "@opentelemetry/sdk-trace";
import { createErrorTree, type ErrorTreeParts } from "otel-error-tree";

/** Takes what is exported and keeps nothing: spans count as exported, and say so in the answers. */
const NOWHERE: SpanExporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: async () => {},
};

/** Starts the SDK with the library around it, or without where `OTEL_ERROR_TREE_DISABLED` says so. */
export function startTelemetry(serviceName: string): ErrorTreeParts {
  const parts = createErrorTree({ trust: "loopback" });
  new NodeSDK({
    serviceName,
    sampler: parts.sampler(new AlwaysOffSampler()),
    textMapPropagator: parts.propagator(new W3CTraceContextPropagator()),
    spanProcessors: [parts.spanProcessor(NOWHERE)],
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
  }).start();
  // The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
  createRequire(import.meta.url)("node:http");
  return parts;
}
