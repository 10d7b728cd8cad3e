// OpenTelemetry of a service under attack: the stock instrumentations, and an exporter that only keeps what comes.
import { createRequire } from "node:module";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { ErrorTreeOptions, ErrorTreeParts } from "otel-error-tree";
import { createErrorTree } from "../../support/limited-set-up.ts";

/** A span that was exported. */
export interface Exported {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Milliseconds since the process started. */
  readonly atMs: number;
}

export interface Telemetry {
  readonly parts: ErrorTreeParts;
  readonly sdk: NodeSDK;
  readonly exported: Exported[];
  /** Exports what waits. */
  readonly flush: () => Promise<void>;
  /** Warnings and errors that the library logged. */
  readonly diagnostics: string[];
}

/** Starts the SDK; the variables of the library say the rest. `twice` registers every instrumentation two times. */
export function startTelemetry(
  options: ErrorTreeOptions = {},
  twice: boolean = process.env.TWICE === "true",
): Telemetry {
  const exported: Exported[] = [];
  const diagnostics: string[] = [];
  const keep = (message: string, ...more: unknown[]): void => {
    diagnostics.push([message, ...more].join(" "));
  };
  const ignore = (): void => {};
  diag.setLogger({ error: keep, warn: keep, info: keep, debug: ignore, verbose: ignore }, DiagLogLevel.INFO);
  const { SECOND_SETUP } = process.env;
  if (SECOND_SETUP === "before") createErrorTree(options);
  const parts = createErrorTree(options);
  if (SECOND_SETUP === "after") createErrorTree(options);
  const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation()];
  if (twice) instrumentations.push(new HttpInstrumentation(), new UndiciInstrumentation());
  const processor = parts.spanProcessor(keeper(exported));
  const sdk = new NodeSDK({
    serviceName: process.env.SERVICE_NAME ?? "victim",
    sampler: parts.sampler(new AlwaysOffSampler()),
    textMapPropagator: parts.propagator(new W3CTraceContextPropagator()),
    spanProcessors: [processor],
    instrumentations,
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  // The instrumentation patches what `require` loads, and the same objects are the default exports of both modules.
  const require = createRequire(import.meta.url);
  require("node:http");
  require("node:https");
  return { parts, sdk, exported, flush: () => processor.forceFlush(), diagnostics };
}

function keeper(exported: Exported[]): SpanExporter {
  return {
    export(spans, done) {
      for (const span of spans) exported.push(exportedOf(span));
      done({ code: 0 });
    },
    async forceFlush() {},
    async shutdown() {},
  };
}

function exportedOf(span: ReadableSpan): Exported {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? "",
    service: String(span.resource.attributes["service.name"]),
    name: span.name,
    attributes: span.attributes,
    atMs: performance.now(),
  };
}
