// OpenTelemetry of a service under attack: the stock instrumentations, and an exporter that only keeps what comes.
import { DiagLogLevel } from "@opentelemetry/api";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import type { NodeSDK } from "@opentelemetry/sdk-node";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { ErrorTreeOptions, ErrorTreeParts } from "otel-error-tree";
import { createErrorTree } from "../../support/limited-set-up.ts";
import { keepDiagnostics, startWithParts } from "../../support/start-sdk.ts";

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
  const diagnostics = keepDiagnostics(DiagLogLevel.INFO);
  const { SECOND_SETUP } = process.env;
  if (SECOND_SETUP === "before") createErrorTree(options);
  const parts = createErrorTree(options);
  if (SECOND_SETUP === "after") createErrorTree(options);
  const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation()];
  if (twice) instrumentations.push(new HttpInstrumentation(), new UndiciInstrumentation());
  const processor = parts.spanProcessor(keeper(exported));
  const { SERVICE_NAME: serviceName = "victim" } = process.env;
  const sdk = startWithParts(parts, { serviceName, spanProcessors: [processor], instrumentations });
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
