// Writes the order in which a fragment's spans started and ended, for readers who see only their times.
import type { HrTime } from "@opentelemetry/api";
import { headAttributes, orderAttributes } from "../spans/node-attributes.ts";
import type { Attributes } from "../spans/span-record.ts";
import type { Fragment } from "./fragment.ts";
import { endOf } from "./read-span.ts";
import type { SpanEntry } from "./span-entry.ts";

/** A start or an end. */
interface Moment {
  readonly sequence: number;
  readonly time: number;
  readonly isEnd: boolean;
}

/**
 * The order attributes of each span, if the times alone would show another order: the SDK rounds starts down to whole
 * milliseconds, and ends by as much, and no time says when the root reported its failure. `undefined` if the times suffice.
 */
export function orderOf({
  root,
  entries,
  reported,
}: Fragment): ((entry: SpanEntry) => Attributes) | undefined {
  const beneath = entries.filter((entry) => entry !== root);
  const isLate = beneath.some((entry) => endOf(entry) > reported);
  if (!isLate && !beneath.some((entry) => outlives(entry, root)) && !timesMislead(beneath)) return undefined;
  const head = reported === Number.POSITIVE_INFINITY ? {} : headAttributes(reported - root.start);
  return (entry) =>
    entry === root ? head : orderAttributes(entry.start - root.start, endOf(entry) - root.start);
}

/** True if a span ended after the one above it: to a reader, times that differ by less than a millisecond do not show that. */
function outlives(entry: SpanEntry, root: SpanEntry): boolean {
  const { parent } = entry;
  return parent !== undefined && parent !== root && endOf(entry) > endOf(parent);
}

/**
 * True if a reader of the times could find another order of ends, or of an end and a start. Times are exported in
 * microseconds, and a start at the same time as an end is read as later.
 */
function timesMislead(entries: readonly SpanEntry[]): boolean {
  const moments = entries.flatMap((entry): Moment[] => [
    { sequence: entry.start, time: microseconds(entry.span.startTime), isEnd: false },
    { sequence: endOf(entry), time: microseconds(entry.span.endTime), isEnd: true },
  ]);
  moments.sort((a, b) => (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0));
  let lastStart = 0;
  let lastEnd = 0;
  for (const { time, isEnd } of moments) {
    if (isEnd ? time <= lastEnd || time <= lastStart : time < lastEnd) return true;
    if (isEnd) lastEnd = time;
    else lastStart = Math.max(lastStart, time);
  }
  return false;
}

function microseconds([seconds, nanos]: HrTime): number {
  return seconds * 1e6 + Math.floor(nanos / 1e3);
}
