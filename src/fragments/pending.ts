// Calls that still run when their request tells its failure.
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import { pendingAttributes } from "../spans/pending.ts";
import type { Fragment, SpanEntry } from "./fragment.ts";
import { isSampled, readSpan } from "./read-span.ts";

const CLIENT = 2;
const PRODUCER = 3;

/**
 * Marks the calls that run `now`, in milliseconds since the epoch: what becomes of them changes nothing any more. A span
 * that goes to a backend by its normal way says so itself.
 */
export function markPending({ entries }: Fragment, now: number): void {
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as SpanEntry;
    if (!isRunning(entry, now)) continue;
    entry.pendingMs = Math.max(0, Math.round(now - hrTimeToMilliseconds(entry.span.startTime)));
    if (isSampled(entry.span)) entry.span.setAttributes(pendingAttributes(entry.pendingMs));
  }
}

/** Takes the marks off: nobody was told of the failure. */
export function unmarkPending({ entries }: Fragment): void {
  for (let i = 0; i < entries.length; i++) (entries[i] as SpanEntry).pendingMs = undefined;
}

/** True for a call without any answer: one whose body is not read yet has got one. */
function isRunning(entry: SpanEntry, now: number): boolean {
  const { end, answered, broke, span, fragment } = entry;
  if (span.kind !== CLIENT && span.kind !== PRODUCER) return false;
  if (end !== Number.POSITIVE_INFINITY || answered !== Number.POSITIVE_INFINITY) return false;
  if (broke !== undefined || entry === fragment.root) return false;
  const record = readSpan(entry, now);
  return !record.failed && !record.answered;
}
