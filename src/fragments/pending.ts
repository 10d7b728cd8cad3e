// Marks the calls that are still running when their request reports a failure.
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import { CLIENT, PRODUCER } from "../spans/otel.ts";
import { pendingAttributes } from "../spans/pending.ts";
import type { Fragment } from "./fragment.ts";
import { isSampled, readSpan } from "./read-span.ts";
import type { SpanEntry } from "./span-entry.ts";

/**
 * If the request has failed, marks the calls that run `now`, in milliseconds since the epoch: how they end cannot change the
 * outcome any more. A head-sampled span gets the attributes itself, because the SDK exports it.
 */
export function markPending(fragment: Fragment, now: number): void {
  let hasFailed: boolean | undefined;
  for (const entry of fragment.entries) {
    if (!isRunning(entry, now)) continue;
    hasFailed ??= readSpan(fragment.root, now).failed;
    if (!hasFailed) return;
    const ms = Math.max(0, Math.round(now - hrTimeToMilliseconds(entry.span.startTime)));
    fragment.callPending(entry, ms);
    if (isSampled(entry.span)) entry.span.setAttributes(pendingAttributes(ms));
  }
}

/** True for a call without a response head: if only the body is missing, the call was answered. */
function isRunning(entry: SpanEntry, now: number): boolean {
  const { end, answered, broke, span, fragment } = entry;
  if (span.kind !== CLIENT && span.kind !== PRODUCER) return false;
  if (end !== Number.POSITIVE_INFINITY || answered !== Number.POSITIVE_INFINITY) return false;
  if (broke !== undefined || entry === fragment.root) return false;
  const record = readSpan(entry, now);
  return !record.failed && !record.answered;
}
