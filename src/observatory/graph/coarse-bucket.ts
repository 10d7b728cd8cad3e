// Spreads what a wide bucket has counted over the narrow ones of our histograms.
import type { LogHistogram } from "./log-histogram.ts";

/** Buckets of ours in a doubling. */
const PER_DOUBLING = 8;
/** Where a bucket without a lower bound begins, if its upper bound is not known to be smaller: a tenth of it. */
const OPEN_BELOW = 0.1;
/** In seconds. What is beyond counts as this long: bounds are numbers of a stranger, and from the least to the greatest it is very far. */
const [SHORTEST, LONGEST] = [2 ** -21, 2 ** 17];

/**
 * Counts `count` durations of which only the bounds are known, in seconds: evenly by their logarithm, as Prometheus does by their value.
 * They stay within the bounds, so that what is asked of a bound is answered exactly.
 */
export function addBetween(
  histogram: LogHistogram,
  low: number | undefined,
  high: number | undefined,
  count: number,
): void {
  if (count <= 0) return;
  if (high === undefined || high === Number.POSITIVE_INFINITY) {
    histogram.addBeyond(low ?? 0, count);
    return;
  }
  if (high <= SHORTEST) {
    histogram.add(high, count);
    return;
  }
  const from = Math.max(SHORTEST, low === undefined || low <= 0 ? high * OPEN_BELOW : low);
  if (from >= LONGEST) {
    histogram.add(from, count);
    return;
  }
  const to = Math.min(LONGEST, high);
  const steps = Math.max(1, Math.floor(Math.log2(to / from) * PER_DOUBLING) - 1);
  for (let i = 0; i < steps; i++) {
    const share = Math.round((count * (i + 1)) / steps) - Math.round((count * i) / steps);
    if (share > 0) histogram.add(from * (to / from) ** ((i + 0.5) / steps), share);
  }
}
