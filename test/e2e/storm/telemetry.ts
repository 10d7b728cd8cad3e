// OpenTelemetry of a service of the storm or of the faults, from its parts: they tell what the library counted.
import { createRequire } from "node:module";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace";
import type { ErrorTreeParts } from "otel-error-tree";
import { createErrorTree } from "../../support/limited-set-up.ts";

/** The running SDK, and what it has to say. */
export interface Telemetry {
  readonly parts: ErrorTreeParts;
  readonly sdk: NodeSDK;
  /** Warnings and errors that a host with a logger would have in its log. */
  readonly diagnostics: readonly string[];
}

/**
 * Starts the SDK with the library around it, or without where `OTEL_ERROR_TREE_DISABLED` says so. `exporting` false: no
 * failing request of this service is exported.
 */
export function startTelemetry({ exporting = true }: { readonly exporting?: boolean } = {}): Telemetry {
  const diagnostics: string[] = [];
  const keep = (message: string, ...more: unknown[]): void => {
    diagnostics.push([message, ...more].join(" "));
  };
  const ignore = (): void => {};
  diag.setLogger(
    { error: keep, warn: keep, info: ignore, debug: ignore, verbose: ignore },
    DiagLogLevel.WARN,
  );
  const { SERVICE_NAME = "service", HEAD_SAMPLED = "0" } = process.env;
  const share = Number(HEAD_SAMPLED);
  const parts = createErrorTree();
  // Head-sampled spans go out by the SDK's own processor, and by an exporter of their own.
  const sampled =
    share > 0 ? [parts.wrap(new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }))] : [];
  const sdk = new NodeSDK({
    serviceName: SERVICE_NAME,
    sampler: parts.sampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) })),
    textMapPropagator: parts.propagator(new W3CTraceContextPropagator()),
    spanProcessors: [parts.spanProcessor(exporting ? new OTLPTraceExporter() : undefined), ...sampled],
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  // The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
  createRequire(import.meta.url)("node:http");
  return { parts, sdk, diagnostics };
}
