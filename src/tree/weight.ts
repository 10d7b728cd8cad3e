// Defines how much a span of an exported fragment matters: those that matter least are dropped first.

/** Written from an answer, for a service that did not export it. */
export const ANSWERED = 0;
/** Ended well, with nothing failed beneath. */
export const WELL = 1;
/** Failed, or stands above a failure. */
export const FAILED = 2;
/** Stands on the way from the root to the first root cause: never goes. */
export const CAUSE = 3;

export type Level = typeof ANSWERED | typeof WELL | typeof FAILED | typeof CAUSE;

/** The weight of one span. */
export interface Weight {
  readonly level: Level;
  /** The error tree has a node of its own for it: without the span one more node is missing. */
  readonly isNode: boolean;
}
