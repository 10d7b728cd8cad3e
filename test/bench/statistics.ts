// The few numbers that a bench prints of its rounds.

/** A figure so far above the lower quartile of its kind is none of the program's doing: the machine was loud. */
export const LOUD = 1.1;

/** The middle one, or between the two in the middle; of several noisy rounds the one to be believed. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that so large a share of all (0 to 1) does not exceed; between two values where it falls there. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Values compared with others of the same rounds. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /**
   * Of the lower quartiles. Whatever else the machine does only ever adds to a figure, so this is nearer to the truth on
   * a loud machine, and the same as the median on a quiet one.
   */
  readonly quiet: number;
}

/** Each value divided by the one of the same round: what disturbed the machine then disturbed both. */
export function ratioOf(values: readonly number[], base: readonly number[]): Ratio {
  const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
  return {
    median: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    quiet: quantile(values, 0.25) / quantile(base, 0.25),
  };
}

/** Where something unknown lies. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Where the median lies of whatever the values were drawn from, in 95 of 100 cases or a few more; `undefined` for fewer
 * than six values, of which even the whole range says less.
 *
 * It is the k-th smallest to the k-th largest value. Each value falls below the true median as a coin falls on its head,
 * so k is the largest for which fewer than k heads in as many throws are rarer than 1 in 40. Nothing is supposed of how
 * the values are spread, only that they are independent.
 */
export function medianInterval(values: readonly number[]): Interval | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = outerRank(sorted.length, 0.025);
  if (rank === 0) return undefined;
  return { low: sorted[rank - 1] ?? Number.NaN, high: sorted[sorted.length - rank] ?? Number.NaN };
}

/** The largest k for which fewer than k heads in so many throws of a coin are at most so probable. */
function outerRank(throws: number, probability: number): number {
  // In logarithms: half to the power of a thousand is 0 for a number.
  let log = throws * Math.log(0.5);
  let sum = Math.exp(log);
  let rank = 0;
  while (sum <= probability) {
    rank++;
    log += Math.log((throws - rank + 1) / rank);
    sum += Math.exp(log);
  }
  return rank;
}
