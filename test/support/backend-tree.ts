// What a reader of a backend makes of spans that were exported.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { SPAN_KINDS } from "../../src/spans/otel.ts";
import { type SpanFacts, type SpanRecord, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";

const STATUS = ["unset", "ok", "error"] as const;

/** The trees of exported spans; those of several services by their resources. */
export function backendTrees(spans: readonly ReadableSpan[]): ErrorTree[] {
  return buildTrees(spans.map(backendRecord));
}

/** One span as it stands in a backend. */
function backendRecord(span: ReadableSpan): SpanRecord {
  const parentId = span.parentSpanContext?.spanId;
  const facts: SpanFacts = {
    spanId: span.spanContext().spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service: String(span.resource.attributes["service.name"] ?? "unknown_service"),
    kind: SPAN_KINDS[span.kind] ?? "internal",
    name: span.name,
    status: STATUS[span.status.code] ?? "unset",
    ...(span.status.message === undefined ? undefined : { statusMessage: span.status.message }),
    attributes: span.attributes,
    events: span.events,
    start: microseconds(span.startTime),
    end: microseconds(span.endTime),
  };
  return toSpanRecord(facts);
}

function microseconds([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1e6 + nanos / 1e3;
}
