// Reads Jaeger JSON: answers of the query API, and single traces saved from its page.

import { SPAN_KINDS, type SpanKindName } from "../../spans/otel.ts";
import { READ_ATTRIBUTES, type SpanFacts } from "../../spans/span-record.ts";
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";
import { idIn, isObject, type JsonObject, numberIn, objectsIn, textIn } from "./json-value.ts";
import type { SpanSink } from "./span-sink.ts";

const KINDS: ReadonlySet<unknown> = new Set(SPAN_KINDS);

/** Reads `{"data": [trace, …]}` or a bare trace; false if the document is neither. */
export function readJaeger(document: JsonObject, sink: SpanSink): boolean {
  const { data } = document;
  if (Array.isArray(data) || isObject(data)) {
    const traces = objectsIn(Array.isArray(data) ? data : [data]).filter(isTrace);
    for (const trace of traces) readTrace(trace, sink);
    return traces.length > 0 || (Array.isArray(data) && data.length === 0);
  }
  if (!isTrace(document)) return false;
  readTrace(document, sink);
  return true;
}

function isTrace(document: JsonObject): boolean {
  return Array.isArray(document.spans);
}

function readTrace(trace: JsonObject, sink: SpanSink): void {
  const processes = isObject(trace.processes) ? trace.processes : {};
  for (const span of objectsIn(trace.spans)) {
    const traceId = idIn(span.traceID ?? trace.traceID);
    const spanId = idIn(span.spanID);
    if (traceId === undefined || spanId === undefined) continue;
    sink.span(traceId, spanFacts(span, spanId, serviceOf(span, processes)));
  }
}

function serviceOf(span: JsonObject, processes: JsonObject): string {
  const key = textIn(span.processID);
  const process = key !== undefined && Object.hasOwn(processes, key) ? processes[key] : span.process;
  return (isObject(process) ? textIn(process.serviceName) : undefined) ?? UNKNOWN_SERVICE;
}

function spanFacts(span: JsonObject, spanId: string, service: string): SpanFacts {
  const attributes = readTags(span.tags);
  const parentId = parentOf(span);
  const start = numberIn(span.startTime);
  return {
    spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service,
    kind: kindOf(attributes["span.kind"]),
    name: textIn(span.operationName) ?? spanId,
    status: "unset",
    attributes,
    events: objectsIn(span.logs).flatMap(readLog),
    start,
    end: start + numberIn(span.duration),
  };
}

function kindOf(value: unknown): SpanKindName {
  const kind = typeof value === "string" ? value.toLowerCase() : value;
  return KINDS.has(kind) ? (kind as SpanKindName) : "internal";
}

/** The first parent of the same trace. A span that only follows from another one counts as its child. */
function parentOf(span: JsonObject): string | undefined {
  const references = objectsIn(span.references).filter(
    ({ traceID }) => traceID === undefined || traceID === span.traceID,
  );
  const parent = references.find(({ refType }) => refType === "CHILD_OF") ?? references[0];
  return idIn(parent?.spanID ?? span.parentSpanID);
}

/** The tags, with the span kind among them, as Jaeger has it. Its own tags `error` and `otel.*` stand for the status. */
function readTags(tags: unknown): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  if (!Array.isArray(tags)) return attributes;
  for (const tag of tags) {
    if (!isObject(tag) || typeof tag.key !== "string") continue;
    const { key, value } = tag;
    if (key === "span.kind" || READ_ATTRIBUTES.has(key)) attributes[key] = value;
  }
  return attributes;
}

/** A log as an event, if it describes an error in the words of OpenTelemetry or of OpenTracing. */
function readLog(log: JsonObject): SpanFacts["events"] {
  const attributes: Record<string, unknown> = {};
  for (const { key, value } of objectsIn(log.fields)) if (typeof key === "string") attributes[key] = value;
  const name = attributes.event;
  if (name === "exception" || (name === undefined && "exception.type" in attributes)) {
    return [{ name: "exception", attributes }];
  }
  return name === "error" || "error.object" in attributes ? [{ name: "error", attributes }] : [];
}
