// Reads OTLP traces in protobuf: the request of an exporter, which is what Collectors, Kafka and Tempo hold too.

import { SPAN_STATUSES } from "../spans/otel.ts";
import { ReadAttributes } from "./dialect.ts";
import type { FoundEvent } from "./events.ts";
import { BYTES, FIXED64, type Fields, MOST_FIELDS, readRecords, VARINT } from "./fields.ts";
import { spanIdIn, traceIdIn } from "./ids.ts";
import { LONGEST_LIST } from "./json-value.ts";
import { spanFacts } from "./read-span.ts";
import type { SpanSink } from "./span-sink.ts";
import type { Work } from "./work.ts";

/** What became of a message. */
export interface ProtobufReading {
  /** Spans that could not be read: without ids, broken, or of very many parts. */
  readonly unread: number;
  /** The message ends or changes where it should not: what came before was read. */
  readonly broken: boolean;
}

/**
 * Reads the spans of an `ExportTraceServiceRequest`. Fields may come in any order, unknown ones are skipped; nothing is read
 * beyond four levels of messages, and nothing is allocated that is larger than the input.
 *
 * Source: opentelemetry-proto, trace.proto and common.proto.
 */
export function readProtobuf(bytes: Buffer, sink: SpanSink): Work<ProtobufReading> {
  return readRecords(bytes, {
    resource: serviceName,
    isScopes: (field) => field === 2 || field === INSTRUMENTATION_LIBRARY_SPANS,
    record: (field, service) => (readSpan(field.bounded(MOST_FIELDS), service, sink) ? 0 : 1),
  });
}

/** The field of scopes before OTLP 0.15. */
const INSTRUMENTATION_LIBRARY_SPANS = 1000;

/**
 * True if bytes begin like such a request: a first field of bytes that holds a resource, scopes, or a schema's URL. Text that begins
 * with a line feed, which has the same value as the first tag, does not go on like this.
 */
export function beginsLikeProtobuf(head: Uint8Array): boolean {
  if (head[0] !== 0x0a) return false;
  let at = 1;
  while (at < 6 && (head[at] ?? 0) >= 0x80) at++;
  const length = head[at] as number;
  const tag = head[at + 1] ?? -1;
  if (at === 1 && length === 0) return head.length === 2 || tag === 0x0a;
  if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a) return false;
  // Of a short message its parts have to be shorter still.
  return at > 1 || (head[at + 2] ?? length) < length;
}

function serviceName(resourceSpans: Fields): string | undefined {
  let service: string | undefined;
  while (resourceSpans.next()) {
    if (resourceSpans.number !== 1 || resourceSpans.type !== BYTES) continue;
    const resource = resourceSpans.message();
    while (resource.next()) {
      if (resource.number !== 1 || resource.type !== BYTES) continue;
      readPair(resource.message(), (key, value) => {
        if (key === "service.name" && typeof value === "string" && value !== "") service = value;
      });
    }
  }
  return service;
}

function readSpan(span: Fields, service: string | undefined, sink: SpanSink): boolean {
  let traceId: string | undefined;
  let spanId: string | undefined;
  let parentId: string | undefined;
  let name = "";
  let kind = 0;
  let start = 0;
  let end = 0;
  let status = 0;
  let statusMessage: string | undefined;
  const attributes = new ReadAttributes();
  const events: FoundEvent[] = [];
  const setAttribute = (key: string, value: unknown): void => attributes.set(key, value);
  while (span.next()) {
    const isBytes = span.type === BYTES;
    if (span.number === 1 && isBytes) traceId = traceIdIn(span.hex());
    else if (span.number === 2 && isBytes) spanId = spanIdIn(span.hex());
    else if (span.number === 4 && isBytes) parentId = spanIdIn(span.hex());
    else if (span.number === 5 && isBytes) name = span.text();
    else if (span.number === 6 && span.type === VARINT) kind = span.low;
    else if (span.number === 7 && span.type === FIXED64) start = span.microseconds();
    else if (span.number === 8 && span.type === FIXED64) end = span.microseconds();
    else if (span.number === 9 && isBytes) readPair(span.message(), setAttribute, ReadAttributes.has);
    else if (span.number === 11 && isBytes) events.push(readEvent(span.message()));
    else if (span.number === 15 && isBytes) {
      const fields = span.message();
      while (fields.next()) {
        if (fields.number === 2 && fields.type === BYTES) statusMessage = fields.text();
        else if (fields.number === 3 && fields.type === VARINT) status = fields.low;
      }
    }
  }
  if (span.broken || traceId === undefined || spanId === undefined) return false;
  const facts = {
    ...{ spanId, parentId, service, kind, name, attributes, events, start, end },
    status: SPAN_STATUSES[status] ?? "unset",
    statusMessage: statusMessage === "" ? undefined : statusMessage,
  };
  sink.span(traceId, spanFacts(facts));
  return true;
}

function readEvent(event: Fields): FoundEvent {
  let name: string | undefined;
  const attributes: Record<string, unknown> = Object.create(null);
  while (event.next()) {
    if (event.type !== BYTES) continue;
    if (event.number === 2) name = event.text();
    else if (event.number === 3) {
      readPair(event.message(), (key, value) => {
        attributes[key] = value;
      });
    }
  }
  return { name: name === "" ? undefined : name, attributes };
}

/** Reads a `KeyValue`; its value only if the key is wanted. */
function readPair(
  pair: Fields,
  found: (key: string, value: unknown) => void,
  isWanted: (key: string) => boolean = () => true,
): void {
  let key = "";
  let value: Fields | undefined;
  while (pair.next()) {
    if (pair.type !== BYTES) continue;
    if (pair.number === 1) key = pair.text();
    else if (pair.number === 2) value = pair.message();
  }
  if (value !== undefined && isWanted(key)) found(key, valueIn(value));
}

/** The value of an `AnyValue`, if it is no map and no bytes; of a list its texts. */
function valueIn(any: Fields): unknown {
  let value: unknown;
  while (any.next()) {
    if (any.number === 1 && any.type === BYTES) value = any.text();
    else if (any.number === 2 && any.type === VARINT) value = any.low !== 0 || any.high !== 0;
    else if (any.number === 3 && any.type === VARINT) value = any.integer();
    else if (any.number === 4 && any.type === FIXED64) value = any.double();
    else if (any.number === 5 && any.type === BYTES) value = textsIn(any.message());
  }
  return value;
}

function textsIn(list: Fields): string[] {
  const texts: string[] = [];
  while (list.next()) {
    if (list.number !== 1 || list.type !== BYTES || texts.length === LONGEST_LIST) continue;
    const any = list.message();
    while (any.next()) if (any.number === 1 && any.type === BYTES) texts.push(any.text());
  }
  return texts;
}
