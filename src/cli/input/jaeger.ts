// Reads Jaeger JSON: traces of the query API and its page, spans as Elasticsearch holds them, and the JSON of its protobuf messages.

import { ReadAttributes } from "../../otlp/dialect.ts";
import type { FoundEvent } from "../../otlp/events.ts";
import { spanIdIn, traceIdIn } from "../../otlp/ids.ts";
import { isObject, type JsonObject, numberIn, objectsIn, textIn } from "../../otlp/json-value.ts";
import { spanFacts } from "../../otlp/read-span.ts";
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";
import type { DocumentFormat, DocumentReading } from "./document-format.ts";

const trace: DocumentFormat = {
  name: "Jaeger trace",
  recognises: ({ spans, processes, traceID }) =>
    Array.isArray(spans) &&
    (isObject(processes) ||
      (spans.length === 0 ? traceID !== undefined : isObject(spans[0]) && isSpan(spans[0]))),
  read(document, reading) {
    const processes = isObject(document.processes) ? document.processes : {};
    for (const one of objectsIn(document.spans)) readSpan(one, document, processes, reading);
  },
};

const span: DocumentFormat = {
  name: "Jaeger span",
  recognises: isSpan,
  read: (document, reading) => readSpan(document, {}, {}, reading),
};

export const JAEGER_FORMATS: readonly DocumentFormat[] = [trace, span];

function isSpan(document: JsonObject): boolean {
  return "operationName" in document && typeof (document.spanID ?? document.spanId) === "string";
}

function readSpan(
  found: JsonObject,
  whole: JsonObject,
  processes: JsonObject,
  reading: DocumentReading,
): void {
  const traceId = traceIdIn(found.traceID ?? found.traceId ?? whole.traceID ?? whole.traceId);
  const spanId = spanIdIn(found.spanID ?? found.spanId);
  if (traceId === undefined || spanId === undefined) {
    reading.unread(1);
    return;
  }
  const attributes = new ReadAttributes();
  readTags(found.tags, attributes);
  // Elasticsearch holds tags that can be searched in an object, with @ in place of dots.
  if (isObject(found.tag)) {
    for (const key of Object.keys(found.tag)) attributes.set(key.replaceAll("@", "."), found.tag[key]);
  }
  const start = microseconds(found.startTime);
  const facts = spanFacts({
    spanId,
    parentId: parentOf(found, traceId),
    service: serviceOf(found, whole, processes),
    name: found.operationName,
    attributes,
    events: objectsIn(found.logs).map(readLog),
    start,
    end: start + duration(found.duration),
  });
  reading.span(traceId, facts);
}

function serviceOf(found: JsonObject, whole: JsonObject, processes: JsonObject): string | undefined {
  const key = textIn(found.processID ?? found.processId);
  const known = key !== undefined && Object.hasOwn(processes, key) ? processes[key] : undefined;
  const process = known ?? found.process ?? whole.process;
  const service = isObject(process) ? textIn(process.serviceName) : textIn(found.serviceName);
  // Of a file that was cut off the processes are lost: spans of two services must not become one.
  return service ?? (key === undefined ? undefined : `${UNKNOWN_SERVICE}:${key}`);
}

/** The first parent of the same trace. A span that only follows from another one counts as its child. */
function parentOf(found: JsonObject, traceId: string): string | undefined {
  const references = objectsIn(found.references).filter((reference) => {
    const id = traceIdIn(reference.traceID ?? reference.traceId);
    return id === undefined || id === traceId;
  });
  // Protobuf's JSON leaves out the type that is the first one.
  const isParent = ({ refType = "CHILD_OF" }: JsonObject): boolean =>
    refType === "CHILD_OF" || refType === "child_of";
  const parent = references.find(isParent) ?? references[0];
  return spanIdIn(parent?.spanID ?? parent?.spanId ?? found.parentSpanID ?? found.parentSpanId);
}

/** The tags, with the span kind among them, as Jaeger has it; some tools write an object. */
function readTags(tags: unknown, attributes: ReadAttributes): void {
  if (isObject(tags)) attributes.setFrom(tags);
  if (!Array.isArray(tags)) return;
  for (const tag of tags) {
    if (!isObject(tag) || typeof tag.key !== "string" || !ReadAttributes.has(tag.key)) continue;
    attributes.set(tag.key, valueIn(tag));
  }
}

/** A tag's value, in either JSON; protobuf's leaves out text that is empty, zero and false. */
function valueIn(tag: JsonObject): unknown {
  if (tag.value !== undefined) return tag.type === "bool" && tag.value === "true" ? true : tag.value;
  const { vStr, vBool, vInt64, vFloat64, vType } = tag;
  if (vInt64 !== undefined) return numberIn(vInt64);
  return vStr ?? vBool ?? vFloat64 ?? (vType === "BOOL" ? false : undefined);
}

function readLog(log: JsonObject): FoundEvent {
  const attributes: Record<string, unknown> = Object.create(null);
  for (const field of objectsIn(log.fields)) {
    if (typeof field.key === "string") attributes[field.key] = valueIn(field);
  }
  if (log.fields === undefined) for (const key of Object.keys(log)) attributes[key] = log[key];
  return { name: textIn(attributes.event), attributes };
}

/** Microseconds, or a time of day as protobuf's JSON has it. */
function microseconds(time: unknown): number {
  if (typeof time !== "string" || !time.includes("T")) return numberIn(time);
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return 0;
  const micros = /\.\d{3}(\d{3})/.exec(time)?.[1];
  return ms * 1000 + Number(micros ?? 0);
}

const UNITS: Readonly<Record<string, number>> = { h: 3.6e9, m: 6e7, s: 1e6, ms: 1e3, us: 1, µs: 1, ns: 1e-3 };

/** Microseconds, or a text such as `0.005s`. */
function duration(value: unknown): number {
  const [, digits, unit = ""] = (typeof value === "string" && /^([\d.]+)([a-zµ]+)$/.exec(value)) || [];
  if (digits === undefined || !Object.hasOwn(UNITS, unit)) return numberIn(value);
  return numberIn(digits) * (UNITS[unit] as number);
}
