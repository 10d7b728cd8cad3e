// Makes the exported copy of a span, and adds what was seen of it on the wire and does not stand on the span itself.
import { millisToHrTime } from "@opentelemetry/core";
import { CLIENT, STATUS_ERROR } from "../spans/otel.ts";
import type { Attributes } from "../spans/span-record.ts";
import { WrittenSpan } from "../spans/written-span.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import { knownAttributes } from "./known-attributes.ts";
import { exceptionEvent, readSpan } from "./read-span.ts";
import { asInternalStep } from "./repeated-server-span.ts";
import type { Failure, LiveSpan, SpanEntry } from "./span-entry.ts";

/**
 * The exported copy of an entry's span at the time `now`, in milliseconds since the epoch. A reader of it makes the same node
 * as this service did.
 */
export function patchedSpan(entry: SpanEntry, now: number): WrittenSpan {
  const { span } = entry;
  const written = new WrittenSpan(span);
  if (entry.again) {
    Object.assign(written, asInternalStep(span));
  } else {
    if (!saysFailure(entry)) addFailure(written, entry, now);
    addDescription(written, entry);
  }
  if (written.kind === CLIENT && entry.pendingMs === undefined) {
    written.addAttributes(
      entry.answer === undefined ? missingAnswer(entry, now) : calleeOf(span, entry.answer),
    );
  }
  written.addAttributes(knownAttributes(entry));
  if (entry.end === Number.POSITIVE_INFINITY) endNow(written, now);
  return written;
}

/** False after an aborted fetch, a caller that left and `failRequest`: they change nothing on the span. */
function saysFailure(entry: SpanEntry): boolean {
  if (entry !== entry.fragment.root) return entry.broke === undefined;
  const { failure, responseEnd } = entry.fragment;
  return failure === undefined && responseEnd !== "caller-left" && responseEnd !== "broken";
}

function addFailure(written: WrittenSpan, entry: SpanEntry, now: number): void {
  const { errorType, message, code, abandoned } = readSpan(entry, now);
  const failure = entry === entry.fragment.root ? entry.fragment.failure : entry.broke;
  written.addAttributes({
    ...(errorType === undefined ? undefined : { "error.type": errorType }),
    ...(code === undefined ? undefined : { "error_tree.code": code }),
    ...(abandoned ? { "error_tree.abandoned": true } : undefined),
  });
  if (written.status.code !== STATUS_ERROR) {
    written.status = { code: STATUS_ERROR, ...(message === undefined ? undefined : { message }) };
  }
  written.events = withException(written.events, failure, now);
}

/** The instrumentation sets the status again when the response is closed, without the program's message. */
function addDescription(written: WrittenSpan, { fragment, spanId }: SpanEntry): void {
  const { root, description: message } = fragment;
  if (message === undefined || spanId !== root.spanId || written.status.message) return;
  written.status = { code: STATUS_ERROR, message };
}

function calleeOf({ attributes }: LiveSpan, { service }: Answer): Attributes | undefined {
  // What the program set holds. Without an address, a reader would take the service's name for the peer of a node.
  if (attributes["peer.service"] !== undefined || service === "" || service === UNKNOWN_SERVICE)
    return undefined;
  const address = attributes["server.address"] ?? attributes["net.peer.name"];
  return address === undefined ? undefined : { "peer.service": service };
}

/** Says of a failed call that no answer came, or one without a tree. */
function missingAnswer(entry: SpanEntry, now: number): Attributes | undefined {
  const { failed, database, answered } = readSpan(entry, now);
  // A client library's own span: the span of its transport beneath it knows more about the answer.
  if (!failed || database || entry.hasCall) return undefined;
  return answered ? { "error_tree.opaque": true } : { "error_tree.unanswered": true };
}

/** The span's events. If no event is an exception, the failure is added as one. */
function withException(
  events: LiveSpan["events"],
  failure: Failure | undefined,
  now: number,
): LiveSpan["events"] {
  if (failure === undefined || events.some(({ name }) => name === "exception")) return events;
  const event = { ...exceptionEvent(failure), time: millisToHrTime(now) };
  return [...events, event as LiveSpan["events"][number]];
}

/** Ends the copy of a span that has not ended, and marks it as unended. The span itself is not changed. */
function endNow(written: WrittenSpan, now: number): void {
  written.addAttributes({ "error_tree.unended": true });
  // The span may go on to record events.
  written.events = [...written.events];
  written.endAt(millisToHrTime(now));
}
