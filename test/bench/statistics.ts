// The few numbers that a bench prints of its rounds.

/** The middle one, or between the two in the middle; of several noisy rounds the one to be believed. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Values compared with others of the same rounds, as `1.104 (1.087..1.131)` prints them. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Each value divided by the one of the same round: what disturbed the machine then disturbed both. */
export function ratioOf(values: readonly number[], base: readonly number[]): Ratio {
  const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
