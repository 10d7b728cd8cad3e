// A span as it is exported: with what was seen of it from outside, where the span itself says nothing of it.
import { millisToHrTime } from "@opentelemetry/core";
import type { Failure, LiveSpan, SpanEntry } from "./fragment.ts";
import { exceptionEvent, readSpan } from "./read-span.ts";
import { snapshotOf } from "./snapshot.ts";

const ERROR = 2;

/** What is written for an entry `now`, in milliseconds since the epoch; the span itself where it has ended and tells all. */
export function spanToWrite(entry: SpanEntry, now: number): LiveSpan {
  const span = tellsAll(entry) ? entry.span : toldSpan(entry, now);
  return entry.end === Number.POSITIVE_INFINITY ? snapshotOf(span, now) : span;
}

/** An aborted fetch, a caller that left and `failRequest` leave no trace on their spans. */
function tellsAll(entry: SpanEntry): boolean {
  if (entry !== entry.fragment.root) return entry.broke === undefined;
  const { failure, closure } = entry.fragment;
  return failure === undefined && closure !== "caller-left" && closure !== "broken";
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

/** The span's events, and the error where none of them tells one. */
function eventsOf({ events }: LiveSpan, failure: Failure | undefined, now: number): LiveSpan["events"] {
  if (failure === undefined || events.some(({ name }) => name === "exception")) return events;
  const event = { ...exceptionEvent(failure), time: millisToHrTime(now) };
  return [...events, event as LiveSpan["events"][number]];
}
