// Makes the exported copy of a span, and adds what was seen of it on the wire and does not stand on the span itself.
import { millisToHrTime } from "@opentelemetry/core";
import { CAUSES } from "../spans/causes.ts";
import type { Code } from "../spans/code.ts";
import { nameText } from "../spans/name-text.ts";
import { UNANSWERED } from "../spans/node-attributes.ts";
import { CLIENT, STATUS_ERROR } from "../spans/otel.ts";
import { rpcCodeOf, rpcStatusOf } from "../spans/response-status.ts";
import type { Attributes } from "../spans/span-record.ts";
import { WrittenSpan } from "../spans/written-span.ts";
import type { ErrorPlace, ErrorRedaction, ErrorTexts } from "../tree/redact-error.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import { knownAttributes } from "./known-attributes.ts";
import { brokeOf, exceptionEvent, readSpan } from "./read-span.ts";
import { asInternalStep } from "./repeated-server-span.ts";
import type { LiveSpan, SpanEntry } from "./span-entry.ts";

/**
 * The exported copy of an entry's span at the time `now`, in milliseconds since the epoch. A reader of it makes the same node
 * as this service did. Errors and descriptions that we add to it are redacted.
 */
export function patchedSpan(entry: SpanEntry, now: number, errors: ErrorRedaction): WrittenSpan {
  const { span } = entry;
  const written = new WrittenSpan(span);
  if (entry.again) {
    Object.assign(written, asInternalStep(span));
  } else {
    if (!saysFailure(entry)) addFailure(written, entry, { now, errors });
    else addNoted(written, entry, { now, errors });
    addDescription(written, entry, errors);
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

/**
 * False after an aborted fetch, a caller that left and `failRequest`: they change nothing on the span. Nor does a status of gRPC,
 * if the handler did not name it.
 */
function saysFailure(entry: SpanEntry): boolean {
  const isRoot = entry === entry.fragment.root;
  const { failure, responseEnd, status } = entry.fragment;
  const code = rpcCodeOf(isRoot ? status : entry.status);
  if (code !== undefined && code !== rpcStatusOf(entry.span.attributes)) return false;
  if (!isRoot) return brokeOf(entry) === undefined;
  return failure === undefined && responseEnd !== "caller-left" && responseEnd !== "broken";
}

function addFailure(
  written: WrittenSpan,
  entry: SpanEntry,
  { now, errors }: { readonly now: number; readonly errors: ErrorRedaction },
): void {
  const { errorType = "", message = "", code, abandoned } = readSpan(entry, now);
  const failure = entry === entry.fragment.root ? entry.fragment.told : brokeOf(entry);
  const told = errors.of({ type: errorType, message, stack: undefined }, placeOf(entry, code));
  written.addAttributes({
    ...(told.type === "" ? undefined : { "error.type": told.type }),
    ...(code === undefined ? undefined : { "error_tree.code": code }),
    ...(abandoned ? { "error_tree.abandoned": true } : undefined),
  });
  if (written.status.code !== STATUS_ERROR) written.status = errorStatus(told.message);
  if (failure === undefined) return;
  const error = exceptionAt(errors.of(failure, placeOf(entry, code)), now);
  const place = written.events.findLastIndex(({ name }) => name === "exception");
  const recorded = written.events[place];
  const causes = error.attributes?.[CAUSES];
  if (recorded === undefined) written.events = [...written.events, error];
  else if (causes !== undefined) {
    // What the instrumentation recorded of the same error drops its causes.
    const whole = { ...recorded, attributes: { ...recorded.attributes, [CAUSES]: causes } };
    written.events = written.events.with(place, whole);
  }
}

/** Adds the error that a framework got from the program: the span says that the request failed, but not why. */
function addNoted(
  written: WrittenSpan,
  entry: SpanEntry,
  { now, errors }: { readonly now: number; readonly errors: ErrorRedaction },
): void {
  const { root, told } = entry.fragment;
  if (entry !== root || told === undefined) return;
  const { code } = readSpan(entry, now);
  written.events = [...written.events, exceptionAt(errors.of(told, placeOf(entry, code)), now)];
}

/** The instrumentation sets the status again when the response is closed, without the program's message. */
function addDescription(written: WrittenSpan, entry: SpanEntry, errors: ErrorRedaction): void {
  const { root, description: message } = entry.fragment;
  if (message === undefined || entry.spanId !== root.spanId || written.status.message) return;
  written.status = errorStatus(errors.of({ type: "", message, stack: undefined }, placeOf(entry)).message);
}

function errorStatus(message: string): LiveSpan["status"] {
  return { code: STATUS_ERROR, ...(message === "" ? undefined : { message }) };
}

function placeOf({ fragment, span }: SpanEntry, code: Code = "unknown"): ErrorPlace {
  return { service: fragment.service, operation: nameText(span.name), code };
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
  return answered ? { "error_tree.opaque": true } : { [UNANSWERED]: true };
}

function exceptionAt(error: ErrorTexts, now: number): LiveSpan["events"][number] {
  return { ...exceptionEvent(error), time: millisToHrTime(now) } as LiveSpan["events"][number];
}

/** Ends the copy of a span that has not ended, and marks it as unended. The span itself is not changed. */
function endNow(written: WrittenSpan, now: number): void {
  written.addAttributes({ "error_tree.unended": true });
  // The span may go on to record events.
  written.events = [...written.events];
  written.endAt(millisToHrTime(now));
}
