// Declares where what is taken in gets counted.
import type { Counts } from "../graph/counts.ts";

/**
 * Holds the counts that everything is added to. Whoever reads a log again to fill the tables of what is pending, and not to count,
 * puts other counts here for that time.
 */
export interface CountsTarget {
  counts: Counts;
}
