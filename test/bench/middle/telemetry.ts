// OpenTelemetry of the middle service, one configuration for each variant; loaded only where there is any.
import { createRequire } from "node:module";
import { type ProxyTracerProvider, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { PeriodicExportingMetricReader, type PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import {
  BatchSpanProcessor,
  createAlwaysRecordSampler,
  NoopSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import { withErrorTree } from "otel-error-tree";
import { LeastProcessor } from "./least.ts";
import type { VariantName } from "./variants.ts";

const NOWHERE: PushMetricExporter = {
  export: (_, done) => done({ code: 0 }),
  async forceFlush() {},
  async shutdown() {},
};
const OFTEN = { exporter: NOWHERE, exportIntervalMillis: 1_000, exportTimeoutMillis: 1_000 };

type Instrumentations = NodeSDKConfiguration["instrumentations"];

/** Starts the SDK, with `more` instrumentations than that of node:http; the returned function exports all spans that wait. */
export function startTelemetry(
  variant: Exclude<VariantName, "none">,
  otlpUrl: string,
  more: Instrumentations = [],
): () => Promise<void> {
  const sdk = new NodeSDK(configurationOf(variant, otlpUrl, more));
  sdk.start();
  // The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
  createRequire(import.meta.url)("node:http");
  const provider = (trace.getTracerProvider() as ProxyTracerProvider).getDelegate();
  return () => (provider as unknown as { forceFlush(): Promise<void> }).forceFlush();
}

/** Starts and ends so many spans, as a program does that measures its own steps; nothing if that is none. */
export function internalWork(spans: number): (() => void) | undefined {
  if (spans === 0) return undefined;
  const tracer = trace.getTracer("middle");
  return () => {
    for (let i = 0; i < spans; i++) tracer.startActiveSpan("step", STEP, (span) => span.end());
  };
}

const STEP = { attributes: { "app.step": "price", "app.items": 3 } };

function configurationOf(
  variant: Exclude<VariantName, "none">,
  otlpUrl: string,
  more: Instrumentations,
): Partial<NodeSDKConfiguration> {
  // A flush hands over all batches of the queue at one time, and the exporter refuses what is above its limit of 30.
  const exporter = new OTLPTraceExporter({ url: otlpUrl, concurrencyLimit: Number.POSITIVE_INFINITY });
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) });
  const common = { serviceName: "middle", instrumentations: [new HttpInstrumentation(), ...more] };
  const stock = { ...common, sampler, traceExporter: exporter };
  switch (variant) {
    case "stock-1":
    case "stock-100":
      // The same service; what it samples is what its caller sampled.
      return stock;
    case "ours":
      return withErrorTree(stock);
    case "flow-off":
    case "flow-on":
      // Collected far more often than by default, which is once a minute, and exported to nobody.
      return withErrorTree({ ...stock, metricReaders: [new PeriodicExportingMetricReader(OFTEN)] });
    case "recording":
      // Stock, but every span is recorded: what anybody has to pay who looks at them all.
      return {
        ...common,
        sampler: createAlwaysRecordSampler(sampler),
        spanProcessors: [new NoopSpanProcessor(), new BatchSpanProcessor({ exporter })],
      };
    case "least":
      return {
        ...common,
        sampler: createAlwaysRecordSampler(sampler),
        spanProcessors: [new LeastProcessor(common.serviceName), new BatchSpanProcessor({ exporter })],
      };
    default:
      return variant satisfies never;
  }
}
