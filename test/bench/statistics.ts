// The few numbers that a bench prints of its rounds.

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
