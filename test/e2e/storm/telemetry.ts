// OpenTelemetry of a service of the storm or of the faults, from its parts: they tell what the library counted.
import { DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { NodeSDK } from "@opentelemetry/sdk-node";
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace";
import type { ErrorTreeParts } from "otel-error-tree";
import { createErrorTree } from "../../support/limited-set-up.ts";
import { keepDiagnostics, startWithParts } from "../../support/start-sdk.ts";

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
  const diagnostics = keepDiagnostics(DiagLogLevel.WARN);
  const share = Number(process.env.HEAD_SAMPLED ?? "0");
  const parts = createErrorTree();
  // Head-sampled spans go out by the SDK's own processor, and by an exporter of their own.
  const sampled =
    share > 0 ? [parts.wrap(new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }))] : [];
  const sdk = startWithParts(parts, {
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [parts.spanProcessor(exporting ? new OTLPTraceExporter() : undefined), ...sampled],
  });
  return { parts, sdk, diagnostics };
}
