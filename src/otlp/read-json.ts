// Reads OTLP JSON: the request of an exporter, and what backends and Collectors write in the same words.

import type { SpanStatus } from "../spans/otel.ts";
import { ReadAttributes, statusName } from "./dialect.ts";
import type { FoundEvent } from "./events.ts";
import { spanIdIn, traceIdIn } from "./ids.ts";
import { isObject, type JsonObject, LONGEST_LIST, numberIn, objectsIn, textIn } from "./json-value.ts";
import { spanFacts } from "./read-span.ts";
import type { SpanSink } from "./span-sink.ts";
import type { Work } from "./work.ts";

/**
 * Reads an element of `resourceSpans`. Names may have either spelling of protobuf's JSON mapping.
 *
 * Source: opentelemetry-proto, "OTLP/HTTP JSON".
 *
 * @returns how many of its spans could not be read, because they have no ids or very many parts
 */
export function* readResourceSpans(resourceSpans: JsonObject, sink: SpanSink): Work<number> {
  const { resource } = resourceSpans;
  const service = isObject(resource) ? serviceName(resource.attributes) : undefined;
  let unread = 0;
  for (const scopeSpans of objectsIn(scopesOf(resourceSpans))) {
    for (const span of objectsIn(scopeSpans.spans)) {
      yield;
      if (!readSpan(span, service, sink)) unread++;
    }
  }
  return unread;
}

/** The scopes of a resource, by any name that they have had. */
export function scopesOf(resourceSpans: JsonObject): unknown {
  return (
    resourceSpans.scopeSpans ??
    resourceSpans.scope_spans ??
    resourceSpans.instrumentationLibrarySpans ??
    resourceSpans.instrumentation_library_spans
  );
}

/** The name of the service among the attributes of a resource. */
export function serviceName(attributes: unknown): string | undefined {
  for (const { key, value } of objectsIn(attributes)) {
    if (key === "service.name" && isObject(value)) return textIn(value.stringValue ?? value.string_value);
  }
  return undefined;
}

/** Reads one span; false if it has no ids, or very many parts. */
export function readSpan(span: JsonObject, service: string | undefined, sink: SpanSink): boolean {
  const traceId = traceIdIn(span.traceId ?? span.trace_id);
  const spanId = spanIdIn(span.spanId ?? span.span_id);
  if (traceId === undefined || spanId === undefined || hasVeryMany(span)) return false;
  const status = isObject(span.status) ? span.status : { code: span.status };
  const attributes = new ReadAttributes();
  readAttributes(span.attributes, attributes);
  const facts = spanFacts({
    spanId,
    parentId: spanIdIn(span.parentSpanId ?? span.parent_span_id),
    service,
    kind: span.kind,
    name: span.name,
    status: statusOf(status.code),
    statusMessage: textIn(status.message),
    attributes,
    events: Array.isArray(span.events) && span.events.length > 0 ? span.events.flatMap(readEvent) : NO_EVENTS,
    start: microseconds(span.startTimeUnixNano ?? span.start_time_unix_nano),
    end: microseconds(span.endTimeUnixNano ?? span.end_time_unix_nano),
  });
  sink.span(traceId, facts);
  return true;
}

/** A span is read in one go. */
function hasVeryMany({ attributes, events }: JsonObject): boolean {
  let parts = Array.isArray(attributes) ? attributes.length : 0;
  for (const event of Array.isArray(events) ? events : []) {
    parts += isObject(event) && Array.isArray(event.attributes) ? event.attributes.length + 1 : 1;
  }
  return parts > MOST_PARTS;
}

/** Attributes and events of a span. */
const MOST_PARTS = 25_000;
const NO_EVENTS: readonly FoundEvent[] = [];

function readEvent(event: unknown): FoundEvent[] {
  if (!isObject(event)) return [];
  const attributes: Record<string, unknown> = Object.create(null);
  for (const pair of objectsIn(event.attributes)) {
    if (typeof pair.key === "string") attributes[pair.key] = valueIn(pair.value);
  }
  return [{ name: textIn(event.name), attributes }];
}

/** Pairs, or an object of values as some stores write it. */
function readAttributes(pairs: unknown, attributes: ReadAttributes): void {
  if (isObject(pairs)) attributes.setFrom(pairs);
  if (!Array.isArray(pairs)) return;
  for (const pair of pairs) {
    if (!isObject(pair)) continue;
    const { key, value } = pair;
    if (typeof key === "string" && ReadAttributes.has(key)) attributes.set(key, valueIn(value));
  }
}

/** The first value of the union; of a list its texts. */
function valueIn(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  for (const member in value) {
    if (member === "arrayValue" || member === "array_value") return textsIn(value[member]);
    // An int64 is text in JSON.
    return member === "intValue" || member === "int_value" ? numberIn(value[member]) : value[member];
  }
  return undefined;
}

function statusOf(code: unknown): SpanStatus {
  const name = code === undefined ? undefined : statusName(code);
  return name === undefined ? "unset" : name === "ERROR" ? "error" : "ok";
}

/** Nanoseconds, as text or number, in microseconds: a double holds these exactly, and Jaeger has no more. */
export function microseconds(nanos: unknown): number {
  if (typeof nanos === "string") return nanos.length > 3 ? numberIn(nanos.slice(0, -3)) : 0;
  return Math.floor(numberIn(nanos) / 1000);
}

function textsIn(list: unknown): string[] {
  if (!isObject(list)) return [];
  return objectsIn(list.values)
    .slice(0, LONGEST_LIST)
    .flatMap((one) => textIn(one.stringValue ?? one.string_value) ?? []);
}
