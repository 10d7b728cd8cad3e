// Reads a span of this process, ended or not, and what was seen of it on the wire, into the record that trees are built from.

import { hrTimeToMilliseconds } from "@opentelemetry/core";
import { MOST_READ } from "../redact/text.ts";
import { hasFailed } from "../spans/failure.ts";
import { SAMPLED, SPAN_KINDS, SPAN_STATUSES } from "../spans/otel.ts";
import { type Attributes, type SpanFacts, type SpanRecord, toSpanRecord } from "../spans/span-record.ts";
import type { Fragment } from "./fragment.ts";
import { knownAttributes } from "./known-attributes.ts";
import { asInternalStep } from "./repeated-server-span.ts";
import type { ErrorFacts, Failure, LiveSpan, SpanEntry } from "./span-entry.ts";

/** True if the span itself says that it failed; cheap, because it is called for every span that ends. */
export function isSuspect(span: LiveSpan): boolean {
  return hasFailed(SPAN_STATUSES[span.status.code] ?? "unset", SPAN_KINDS[span.kind] ?? "internal", span);
}

/** The record of one span at the time `now`, in milliseconds since the epoch. */
export function readSpan(entry: SpanEntry, now: number): SpanRecord {
  const { fragment, span } = entry;
  const { kind, status, attributes } = entry.again ? asInternalStep(span) : span;
  const isRoot = entry === fragment.root;
  const parentId = isRoot ? fragment.parentId : (entry.parent ?? fragment.root).spanId;
  const error = isRoot ? fragment.failure : entry.broke;
  const facts: SpanFacts = {
    spanId: entry.spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service: fragment.service,
    kind: SPAN_KINDS[kind] ?? "internal",
    name: span.name,
    status: error === undefined ? (SPAN_STATUSES[status.code] ?? "unset") : "error",
    ...statusMessage(status, isRoot ? fragment.description : undefined, error),
    attributes: attributesOf(entry, attributes, isRoot),
    events: error === undefined ? span.events : [...span.events, exceptionEvent(error)],
    start: entry.start,
    end: endOf(entry),
  };
  const record: SpanRecord = {
    ...withinBounds(toSpanRecord(facts)),
    ...timesOf(span, now),
    ...(entry.thinned ? { thinned: true as const } : undefined),
  };
  return isRoot ? rootRecord(record, fragment) : record;
}

/** Adds what is known of a fragment's root from its response. */
function rootRecord(seen: SpanRecord, fragment: Fragment): SpanRecord {
  const { reported } = fragment;
  const record = reported === Number.POSITIVE_INFINITY ? seen : { ...seen, head: reported };
  if (fragment.responseEnd === "caller-left") {
    return { ...record, failed: true, code: record.code ?? "cancelled", abandoned: true };
  }
  if (fragment.responseEnd === "broken" && !record.failed)
    return { ...record, failed: true, code: "data-loss" };
  const code = fragment.failure?.code;
  // If the response has a failing status, that counts more than the code that the program names: the caller has seen it.
  return code !== undefined && fragment.status < 400 ? { ...record, code } : record;
}

/** One more than is ever shown of a text, so that whoever cuts the text sees that it was longer. */
const MOST_CHARS = MOST_READ + 1;

/** Cuts the texts: trees are built from raw texts, and those of a program can have any length. */
function withinBounds(record: SpanRecord): SpanRecord {
  const { operation, peer = "", errorType = "", message = "" } = record;
  if (Math.max(operation.length, peer.length, errorType.length, message.length) <= MOST_CHARS) return record;
  return {
    ...record,
    operation: operation.slice(0, MOST_CHARS),
    ...(record.peer === undefined ? undefined : { peer: peer.slice(0, MOST_CHARS) }),
    ...(record.errorType === undefined ? undefined : { errorType: errorType.slice(0, MOST_CHARS) }),
    ...(record.message === undefined ? undefined : { message: message.slice(0, MOST_CHARS) }),
  };
}

/**
 * When a span ended, in the order of starts and ends. A call with a failing status failed when the head arrived, although its
 * span ends after the body; a call whose span has not ended counts as ended at its head, too.
 */
export function endOf({ end, answered, status }: SpanEntry): number {
  return end === Number.POSITIVE_INFINITY || status >= 400 ? Math.min(end, answered) : end;
}

/** True if the head sampler took the span. */
export function isSampled(span: LiveSpan): boolean {
  return (span.spanContext().traceFlags & SAMPLED) !== 0;
}

function timesOf(span: LiveSpan, now: number): Pick<SpanRecord, "times" | "sampled"> {
  const startMs = hrTimeToMilliseconds(span.startTime);
  const endMs = span.ended ? hrTimeToMilliseconds(span.endTime) : now;
  return { times: { startMs, endMs }, ...(isSampled(span) ? { sampled: true as const } : undefined) };
}

function statusMessage(
  status: LiveSpan["status"],
  description: string | undefined,
  error: ErrorFacts | undefined,
): { statusMessage?: string } {
  const message = status.message || description || error?.message;
  return message === undefined ? {} : { statusMessage: message };
}

function attributesOf(entry: SpanEntry, attributes: Attributes, isRoot: boolean): Attributes {
  const known = knownAttributes(entry);
  const seen = isRoot ? seenOfRoot(entry, attributes) : seenOfCall(entry);
  return known === undefined && seen === undefined ? attributes : { ...attributes, ...seen, ...known };
}

function seenOfRoot({ fragment }: SpanEntry, attributes: Attributes): Attributes | undefined {
  const { status, routing } = fragment;
  const route = attributes["http.route"] ?? routing?.route;
  if (status === 0 && route === undefined) return undefined;
  return {
    ...(status === 0 ? undefined : { "http.response.status_code": status }),
    ...(route === undefined ? undefined : { "http.route": route }),
  };
}

function seenOfCall({ broke, status }: SpanEntry): Attributes | undefined {
  if (status === 0 && broke === undefined) return undefined;
  return {
    ...(status === 0 ? undefined : { "http.response.status_code": status }),
    ...(broke === undefined ? undefined : attributesOfBroken(broke, status)),
  };
}

/** A failing status says more than how the rest of the response was lost. */
function attributesOfBroken({ type, code }: Failure, status: number): Attributes {
  return {
    "error.type": type,
    ...(code === undefined || status >= 400 ? undefined : { "error_tree.code": code }),
  };
}

/** An error as the event that an SDK would have recorded. */
export function exceptionEvent(error: ErrorFacts): { name: string; attributes: Attributes } {
  return {
    name: "exception",
    attributes: {
      "exception.type": error.type,
      ...(error.message === "" ? undefined : { "exception.message": error.message }),
      ...(error.stack === undefined ? undefined : { "exception.stacktrace": error.stack }),
    },
  };
}

/** Type, message and stack of a thrown value of any kind. Never throws: getters and `toString` are the program's. */
export function errorFacts(error: unknown): ErrorFacts {
  try {
    return readError(error);
  } catch {
    return { type: "Error", message: "", stack: undefined };
  }
}

function readError(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { type: "Error", message: String(error), stack: undefined };
  // node:http reports a time limit as an AbortError with the limit's own error as its cause.
  if (error.name === "AbortError" && error.cause instanceof Error && error.cause.name === "TimeoutError") {
    return readError(error.cause);
  }
  const { code } = error as { code?: unknown };
  // A DOMException's legacy number says less than its name.
  const type = typeof code === "string" && code !== "" && error.name !== "AbortError" ? code : error.name;
  return { type, message: error.message, stack: error.stack };
}
