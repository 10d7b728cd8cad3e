// Recognises what a record of Kafka holds: nothing announces it.
import { BYTES, FIXED64, Fields } from "../../otlp/fields.ts";

export type RecordKind = "events" | "traces-json" | "metrics-json" | "traces" | "metrics";

/** The first byte of an ExportTraceServiceRequest, and of one of metrics: field 1, a message. */
const FIRST_BYTE = 0x0a;
/** As the Collector's encoder writes it, and others. */
const OTLP_JSON = /^\s*\{\s*"resource_?(Spans|spans|Metrics|metrics)"/;
/** So much of a text is looked at. */
const BEGINNING = 64;
/** Field of the lists in ExportTraceServiceRequest, ResourceSpans and ScopeSpans, and in those of metrics. */
const PATH = [1, 2, 2];
/** start_time_unix_nano and end_time_unix_nano of a span: in a metric these numbers are messages. */
const TIMES = [7, 8];

/** What is no message of OTLP is text: JSON of OTLP, or else lines of plain events. */
export function kindOf(value: Buffer): RecordKind {
  if (isRequest(value)) return holdsSpans(bounded(value), 0) ? "traces" : "metrics";
  const [, what] = OTLP_JSON.exec(value.toString("utf8", 0, BEGINNING)) ?? [];
  if (what === undefined) return "events";
  return what.toLowerCase() === "spans" ? "traces-json" : "metrics-json";
}

/** A text may begin with the same byte, an end of line, but is no list of messages. */
function isRequest(value: Buffer): boolean {
  if (value[0] !== FIRST_BYTE) return false;
  const request = bounded(value);
  while (request.next()) if (request.number !== PATH[0] || request.type !== BYTES) return false;
  return !request.broken;
}

/** So many fields are looked at: a record may have millions. */
const MOST_FIELDS = 100_000;

function bounded(value: Buffer): Fields {
  return new Fields(value, 0, value.length, { left: MOST_FIELDS });
}

function holdsSpans(message: Fields, depth: number): boolean {
  while (message.next()) {
    if (depth === PATH.length) {
      if (TIMES.includes(message.number)) return message.type === FIXED64;
    } else if (message.number === PATH[depth] && message.type === BYTES) {
      if (holdsSpans(message.message(), depth + 1)) return true;
    }
  }
  return false;
}
