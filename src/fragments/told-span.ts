// A span as it is exported: with what was seen of it from outside, where the span itself says nothing of it.
import { millisToHrTime } from "@opentelemetry/core";
import type { Attributes } from "../spans/span-record.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import { stepOf } from "./again.ts";
import type { Failure, LiveSpan, SpanEntry } from "./fragment.ts";
import { knownAttributes } from "./known-attributes.ts";
import { exceptionEvent, readSpan } from "./read-span.ts";
import { snapshotOf } from "./snapshot.ts";

const ERROR = 2;
const CLIENT = 2;

/** What is written for an entry `now`, in milliseconds since the epoch; the span itself where it has ended and tells all. */
export function spanToWrite(entry: SpanEntry, now: number): LiveSpan {
  const span = withAttributes(withCallee(seenSpan(entry, now), entry, now), knownAttributes(entry));
  return entry.end === Number.POSITIVE_INFINITY ? snapshotOf(span, now) : span;
}

function seenSpan(entry: SpanEntry, now: number): LiveSpan {
  if (entry.again) return stepOf(entry.span);
  return withDescription(tellsAll(entry) ? entry.span : toldSpan(entry, now), entry);
}

/** The instrumentation sets another status when the response is closed, without the words of the program. */
function withDescription(span: LiveSpan, { fragment, spanId }: SpanEntry): LiveSpan {
  const { root, description: message } = fragment;
  if (message === undefined || spanId !== root.spanId || span.status.message) return span;
  return Object.create(span, { status: { value: { code: ERROR, message }, enumerable: true } });
}

/** An aborted fetch, a caller that left and `failRequest` leave no trace on their spans. */
function tellsAll(entry: SpanEntry): boolean {
  if (entry !== entry.fragment.root) return entry.broke === undefined;
  const { failure, responseEnd } = entry.fragment;
  return failure === undefined && responseEnd !== "caller-left" && responseEnd !== "broken";
}

/** A copy that a reader of the backend makes the same node of as we did. */
function toldSpan(entry: SpanEntry, now: number): LiveSpan {
  const { span } = entry;
  const { errorType, message, code, abandoned } = readSpan(entry, now);
  const failure = entry === entry.fragment.root ? entry.fragment.failure : entry.broke;
  const attributes = {
    ...span.attributes,
    ...(errorType === undefined ? undefined : { "error.type": errorType }),
    ...(code === undefined ? undefined : { "error_tree.code": code }),
    ...(abandoned ? { "error_tree.abandoned": true } : undefined),
  };
  const status =
    span.status.code === ERROR
      ? span.status
      : { code: ERROR, ...(message === undefined ? undefined : { message }) };
  return Object.create(span, {
    attributes: { value: attributes, enumerable: true },
    status: { value: status, enumerable: true },
    events: { value: eventsOf(span, failure, now), enumerable: true },
  });
}

/**
 * A call with what is known of its other side: who answered, or that a failed call got no answer, or one without a tree.
 * Whoever reads the backend makes no other node of it.
 */
function withCallee(span: LiveSpan, entry: SpanEntry, now: number): LiveSpan {
  if (span.kind !== CLIENT || entry.pendingMs !== undefined) return span;
  return withAttributes(
    span,
    entry.outcome === undefined ? lackOf(entry, now) : calleeOf(span, entry.outcome),
  );
}

function withAttributes(span: LiveSpan, attributes: Attributes | undefined): LiveSpan {
  if (attributes === undefined) return span;
  return Object.create(span, {
    attributes: { value: { ...span.attributes, ...attributes }, enumerable: true },
  });
}

function calleeOf({ attributes }: LiveSpan, { service }: Answer): Attributes | undefined {
  // The program knows best; and where the address is not known, a reader would take the name for the peer of a node.
  if (attributes["peer.service"] !== undefined || service === "" || service === UNKNOWN_SERVICE)
    return undefined;
  const address = attributes["server.address"] ?? attributes["net.peer.name"];
  return address === undefined ? undefined : { "peer.service": service };
}

function lackOf(entry: SpanEntry, now: number): Attributes | undefined {
  const { failed, database, answered } = readSpan(entry, now);
  // A client's own span around the one of its transport, which knows more of the answer.
  if (!failed || database || entry.hasCall) return undefined;
  return answered ? { "error_tree.opaque": true } : { "error_tree.unanswered": true };
}

/** The span's events, and the error where none of them tells one. */
function eventsOf({ events }: LiveSpan, failure: Failure | undefined, now: number): LiveSpan["events"] {
  if (failure === undefined || events.some(({ name }) => name === "exception")) return events;
  const event = { ...exceptionEvent(failure), time: millisToHrTime(now) };
  return [...events, event as LiveSpan["events"][number]];
}
