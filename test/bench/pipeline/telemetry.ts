// OpenTelemetry of a service of the chain: with the library and a share sampled at the head, or stock and all of it.
import { createRequire } from "node:module";
import { type ProxyTracerProvider, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "../../support/limited-set-up.ts";
import { SAMPLED_PERCENT, type VariantName } from "./variants.ts";

/** How a service of a variant is set up. */
export interface TelemetryOptions {
  readonly variant: VariantName;
  readonly name: string;
  /** What is exported by force is redacted. */
  readonly redactSpans: boolean;
}

/** Starts the SDK; the returned function exports all spans that wait. */
export function startTelemetry({ variant, name, redactSpans }: TelemetryOptions): () => Promise<void> {
  const share = variant === "ours" ? SAMPLED_PERCENT / 100 : 1;
  const stock = {
    serviceName: name,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    traceExporter: new OTLPTraceExporter(),
    instrumentations: [new HttpInstrumentation()],
  };
  const sdk = new NodeSDK(variant === "ours" ? withErrorTree(stock, { redactSpans }) : stock);
  sdk.start();
  // The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
  createRequire(import.meta.url)("node:http");
  const provider = (trace.getTracerProvider() as ProxyTracerProvider).getDelegate();
  return () => (provider as unknown as { forceFlush(): Promise<void> }).forceFlush();
}
