// OpenTelemetry of the middle service, one configuration for each variant; loaded only where there is any.
import { createRequire } from "node:module";
import { type ProxyTracerProvider, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import {
  BatchSpanProcessor,
  createAlwaysRecordSampler,
  NoopSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type TracerProvider,
} from "@opentelemetry/sdk-trace";
import { withErrorTree } from "otel-error-tree";
import type { VariantName } from "./variants.ts";

/** Starts the SDK; the returned function exports all spans that wait. */
export function startTelemetry(variant: Exclude<VariantName, "none">, otlpUrl: string): () => Promise<void> {
  const sdk = new NodeSDK(configurationOf(variant, otlpUrl));
  sdk.start();
  // The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
  createRequire(import.meta.url)("node:http");
  const provider = (trace.getTracerProvider() as ProxyTracerProvider).getDelegate() as TracerProvider;
  return () => provider.forceFlush();
}

function configurationOf(
  variant: Exclude<VariantName, "none">,
  otlpUrl: string,
): Partial<NodeSDKConfiguration> {
  const exporter = new OTLPTraceExporter({ url: otlpUrl });
  const common = { serviceName: "middle", instrumentations: [new HttpInstrumentation()] };
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) });
  const stock = { ...common, sampler, traceExporter: exporter };
  switch (variant) {
    case "stock-1":
      return stock;
    case "ours":
      return withErrorTree(stock, { trust: "loopback" });
    case "stock-100":
      // Every request comes with the sampled flag.
      return stock;
    case "recording":
      // As stock, and every span is recorded: what any library that looks at all spans has to pay.
      return {
        ...common,
        sampler: createAlwaysRecordSampler(sampler),
        spanProcessors: [new NoopSpanProcessor(), new BatchSpanProcessor({ exporter })],
      };
    default:
      return variant satisfies never;
  }
}
