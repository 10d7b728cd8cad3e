// Reads a span of this process, ended or not, and what was seen of it on the wire, into the record that trees are built from.

import { hrTimeToMilliseconds } from "@opentelemetry/core";
import { MOST_READ } from "../redact/text.ts";
import { CAUSES } from "../spans/causes.ts";
import type { ErrorFacts } from "../spans/error-facts.ts";
import { hasFailed } from "../spans/failure.ts";
import { nameText } from "../spans/name-text.ts";
import { UNANSWERED } from "../spans/node-attributes.ts";
import { SAMPLED, SPAN_KINDS, SPAN_STATUSES, STATUS_OK } from "../spans/otel.ts";
import { rpcCodeOf } from "../spans/response-status.ts";
import {
  type Attributes,
  type RecordDraft,
  type SpanFacts,
  type SpanRecord,
  toSpanRecord,
} from "../spans/span-record.ts";
import type { Fragment } from "./fragment.ts";
import { knownAttributes } from "./known-attributes.ts";
import { asInternalStep } from "./repeated-server-span.ts";
import type { Failure, LiveSpan, SpanEntry } from "./span-entry.ts";

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
  const error = isRoot ? fragment.told : brokeOf(entry);
  const description = isRoot ? fragment.description : undefined;
  const answered = isRoot ? fragment.status : entry.status;
  const rpcCode = rpcCodeOf(answered);
  const facts: SpanFacts = {
    spanId: entry.spanId,
    parentId,
    service: fragment.service,
    kind: SPAN_KINDS[kind] ?? "internal",
    name: nameText(span.name),
    status: error === undefined ? (SPAN_STATUSES[status.code] ?? "unset") : "error",
    statusMessage: status.message || description || error?.message,
    attributes: attributesOf(entry, attributes),
    events: error === undefined ? span.events : [...span.events, exceptionEvent(error)],
    start: entry.start,
    end: endOf(entry),
    httpStatus: answered === 0 || rpcCode !== undefined ? undefined : answered,
    rpcCode,
    route: isRoot ? fragment.routing?.route : undefined,
  };
  const record = toSpanRecord(facts);
  cutTexts(record);
  record.times = timesOf(span, now);
  if (isSampled(span)) record.sampled = true;
  if (entry.thinned) record.thinned = true;
  if (isRoot) addResponse(record, fragment);
  return record;
}

/** Adds what is known of a fragment's root from its response. */
function addResponse(record: RecordDraft, fragment: Fragment): void {
  const { reported, responseEnd, failure, status } = fragment;
  // What was noted says what went wrong, and nothing of a code.
  const hasCode = record.failed && (failure !== undefined || status >= 400 || isSuspect(fragment.root.span));
  if (reported !== Number.POSITIVE_INFINITY) record.head = reported;
  if (responseEnd === "caller-left") {
    record.failed = true;
    if (!hasCode || record.code === undefined) record.code = "cancelled";
    record.abandoned = true;
  } else if (responseEnd === "broken" && !hasCode) {
    record.failed = true;
    record.code = "data-loss";
  } else if (failure?.code !== undefined && status < 400) {
    // A failing status counts more than the code that the program names: the caller has seen it.
    record.code = failure.code;
  }
}

/** One more than is ever shown of a text, so that whoever cuts the text sees that it was longer. */
const MOST_CHARS = MOST_READ + 1;

/** Cuts the texts: trees are built from raw texts, and those of a program can have any length. */
function cutTexts(record: RecordDraft): void {
  const { operation, peer, errorType, message } = record;
  if (operation.length > MOST_CHARS) record.operation = operation.slice(0, MOST_CHARS);
  if (peer !== undefined && peer.length > MOST_CHARS) record.peer = peer.slice(0, MOST_CHARS);
  if (errorType !== undefined && errorType.length > MOST_CHARS)
    record.errorType = errorType.slice(0, MOST_CHARS);
  if (message !== undefined && message.length > MOST_CHARS) record.message = message.slice(0, MOST_CHARS);
}

/**
 * When a span ended, in the order of starts and ends. A call with a failing status failed when the head arrived, although its
 * span ends after the body; a call whose span has not ended counts as ended at its head, too.
 */
export function endOf({ end, answered, status }: SpanEntry): number {
  return end === Number.POSITIVE_INFINITY || status >= 400 ? Math.min(end, answered) : end;
}

/** How a call broke, unless its span knows better: a program that says OK has tried again, or has no use for the rest. */
export function brokeOf({ broke, span }: SpanEntry): Failure | undefined {
  if (broke === undefined || span.status.code === STATUS_OK) return undefined;
  return broke.unexplained && isSuspect(span) ? undefined : broke;
}

/** True if the head sampler took the span. */
export function isSampled(span: LiveSpan): boolean {
  return (span.spanContext().traceFlags & SAMPLED) !== 0;
}

function timesOf(span: LiveSpan, now: number): NonNullable<SpanRecord["times"]> {
  const startMs = hrTimeToMilliseconds(span.startTime);
  return { startMs, endMs: span.ended ? hrTimeToMilliseconds(span.endTime) : now };
}

function attributesOf(entry: SpanEntry, attributes: Attributes): Attributes {
  const known = knownAttributes(entry);
  const { broke, fragment, span } = entry;
  const isBroken = entry !== fragment.root && broke !== undefined && span.status.code !== STATUS_OK;
  const broken = isBroken ? attributesOfBroken(brokeOf(entry), entry.status) : undefined;
  return known === undefined && broken === undefined ? attributes : { ...attributes, ...broken, ...known };
}

/** A failing status says more than how the rest of the response was lost. */
function attributesOfBroken({ type, code }: Partial<Failure> = {}, status: number): Attributes {
  return {
    ...(type === undefined ? undefined : { "error.type": type }),
    ...(code === undefined || status >= 400 ? undefined : { "error_tree.code": code }),
    ...(status === 0 ? { [UNANSWERED]: true } : undefined),
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
      ...(error.causes === undefined || error.causes.length === 0 ? undefined : { [CAUSES]: error.causes }),
    },
  };
}
