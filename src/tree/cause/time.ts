// Principle "time": only what happened before a node told its failure can have stopped it.
import type { Work } from "../link.ts";

/**
 * The moment at which a node told its failure, on its own clock: its head if that is known, else its end. One whose caller
 * went away told nobody.
 */
export function toldAt({ record: { head, times, abandoned }, end, numbered }: Work): number {
  if (abandoned) return Number.POSITIVE_INFINITY;
  // Beside numbers the times of the first span say nothing.
  if (numbered) return head ?? Number.POSITIVE_INFINITY;
  return head !== undefined && times !== undefined ? Math.min(head, end) : end;
}

/** A failure, on the clock of the node above. */
export interface Failing {
  readonly start: number;
  readonly end: number;
  /** It got no answer: it failed at its end, and not before. */
  readonly isSilent: boolean;
}

/** True for a failure that came too late to stop a node that began and told its failure at these moments. */
export function isLate({ start, end, isSilent }: Failing, began: number, told: number): boolean {
  // Equal times count as after: a call that begins as the node tells its failure began later. A node that takes no time at
  // all, as clocks show it, began and ended everything at once.
  if (start > told || (start === told && began < told)) return true;
  return isSilent && end > told;
}
