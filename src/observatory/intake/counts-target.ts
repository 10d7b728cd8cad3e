// Declares where what is taken in gets counted.
import type { Counts } from "../graph/counts.ts";

/**
 * Holds the counts that everything is added to. Whoever reads a log again to fill the tables of what is pending, and not to count,
 * puts other counts here for that time.
 */
export interface CountsTarget {
  counts: Counts;
  /** The place in its log of what is being taken in, if the log may have to be read again from there; else 0. */
  mark: number;
}
