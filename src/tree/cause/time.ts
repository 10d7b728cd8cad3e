// Principle "time": only what happened before a node reported its failure can have stopped it.
import type { Work } from "../link.ts";

/**
 * The moment at which a node reported its failure to its caller, on its own clock: its head if that is known, else its end;
 * `Infinity` if its caller went away, because nobody was there to report to.
 */
export function reportedAt({ record: { head, times, abandoned }, end, entry, numbered }: Work): number {
  if (abandoned) return Number.POSITIVE_INFINITY;
  // The end of a part's first span is a time: the numbers beneath it cannot be compared with that.
  if (numbered) return entry ? (head ?? Number.POSITIVE_INFINITY) : end;
  return head !== undefined && times !== undefined ? Math.min(head, end) : end;
}

/**
 * The latest moment at which a node can have reported its failure, if its times say `reported`: what lies between the two shows
 * no order. That the times of a failure beneath may be too early as well only makes it later still.
 */
export function reportedBy({ record: { lag = 0 }, numbered }: Work, reported: number): number {
  return numbered ? reported : reported + lag;
}

/** A failure, on the clock of the node above. */
export interface Failing {
  readonly start: number;
  readonly end: number;
  /** It got no answer: it failed at its end, and not before. */
  readonly isSilent: boolean;
}

/** True for a failure that came too late to stop a node that began and reported its failure at these moments. */
export function isLate({ start, end, isSilent }: Failing, began: number, reported: number): boolean {
  // Equal times count as after: a call that begins as the node reports its failure began later. A node that takes no time at
  // all, as clocks show it, began and ended everything at once.
  if (start > reported || (start === reported && began < reported)) return true;
  return isSilent && end > reported;
}
