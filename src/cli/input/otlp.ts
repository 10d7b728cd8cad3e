// Reads OTLP JSON: the request of an exporter, the output of the Collector's file exporter and of Jaeger's v3 API.

import { SPAN_KINDS, type SpanKindName } from "../../spans/otel.ts";
import { READ_ATTRIBUTES, type SpanFacts } from "../../spans/span-record.ts";
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";
import { idIn, isObject, type JsonObject, numberIn, objectsIn, textIn } from "./json-value.ts";
import type { SpanSink } from "./span-sink.ts";

const EVENT_NAMES: ReadonlySet<unknown> = new Set(["exception", "error"]);

/**
 * Reads `resourceSpans`; false if the document has none. Names may have either spelling of protobuf's JSON mapping.
 *
 * Source: opentelemetry-proto, "OTLP/HTTP JSON".
 */
export function readOtlp(document: JsonObject, sink: SpanSink): boolean {
  const resourceSpans = document.resourceSpans ?? document.resource_spans;
  if (!Array.isArray(resourceSpans)) return false;
  for (const resourceSpan of objectsIn(resourceSpans)) {
    const resource = resourceSpan.resource;
    const service = isObject(resource) ? serviceName(resource.attributes) : undefined;
    const scopeSpans =
      resourceSpan.scopeSpans ?? resourceSpan.scope_spans ?? resourceSpan.instrumentationLibrarySpans;
    for (const scopeSpan of objectsIn(scopeSpans)) {
      for (const span of objectsIn(scopeSpan.spans)) readSpan(span, service ?? UNKNOWN_SERVICE, sink);
    }
  }
  return true;
}

function serviceName(attributes: unknown): string | undefined {
  for (const { key, value } of objectsIn(attributes)) {
    if (key === "service.name" && isObject(value)) return textIn(value.stringValue ?? value.string_value);
  }
  return undefined;
}

function readSpan(span: JsonObject, service: string, sink: SpanSink): void {
  const traceId = idIn(span.traceId ?? span.trace_id);
  const spanId = idIn(span.spanId ?? span.span_id);
  if (traceId === undefined || spanId === undefined) return;
  const parentId = idIn(span.parentSpanId ?? span.parent_span_id);
  const status = isObject(span.status) ? span.status : {};
  const message = textIn(status.message);
  const attributes = readAttributes(span.attributes, READ_ATTRIBUTES);
  const events = objectsIn(span.events).filter(({ name }) => EVENT_NAMES.has(name));
  const facts: SpanFacts = {
    spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service,
    kind: kindOf(span.kind, attributes["span.kind"]),
    name: textIn(span.name) ?? spanId,
    status: statusOf(status.code),
    ...(message === undefined ? undefined : { statusMessage: message }),
    attributes,
    events: events.map(({ name, attributes: pairs }) => ({
      name: String(name),
      attributes: readAttributes(pairs),
    })),
    start: microseconds(span.startTimeUnixNano ?? span.start_time_unix_nano),
    end: microseconds(span.endTimeUnixNano ?? span.end_time_unix_nano),
  };
  sink.span(traceId, facts);
}

/** Pairs as a record, only those named in `wanted`, each with the first value of its union. */
function readAttributes(pairs: unknown, wanted?: ReadonlySet<string>): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  if (!Array.isArray(pairs)) return attributes;
  for (const pair of pairs) {
    if (!isObject(pair)) continue;
    const { key, value } = pair;
    if (typeof key !== "string" || !isObject(value) || (wanted !== undefined && !wanted.has(key))) continue;
    for (const member in value) {
      // An int64 is text in JSON.
      attributes[key] =
        member === "intValue" || member === "int_value" ? numberIn(value[member]) : value[member];
      break;
    }
  }
  return attributes;
}

function kindOf(kind: unknown, attribute: unknown): SpanKindName {
  const known = typeof kind === "number" ? SPAN_KINDS[kind - 1] : undefined;
  if (known !== undefined) return known;
  const name = typeof kind === "string" ? kind.replace("SPAN_KIND_", "").toLowerCase() : attribute;
  return SPAN_KINDS.find((one) => one === name) ?? "internal";
}

function statusOf(code: unknown): SpanFacts["status"] {
  if (code === 2 || code === "STATUS_CODE_ERROR" || code === "2") return "error";
  return code === 1 || code === "STATUS_CODE_OK" || code === "1" ? "ok" : "unset";
}

/** Nanoseconds, as text or number, in microseconds: a double holds these exactly, and Jaeger has no more. */
function microseconds(nanos: unknown): number {
  if (typeof nanos === "string") return nanos.length > 3 ? numberIn(nanos.slice(0, -3)) : 0;
  return Math.floor(numberIn(nanos) / 1000);
}
