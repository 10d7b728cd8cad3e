// Finds the 95th percentile of durations, by rank and without guessing between two of them.

/** So long took the 95th of 100; 0 if there are none. */
export function p95Of(durations: readonly number[]): number {
  const sorted = Float64Array.from(durations).sort();
  return sorted[Math.max(1, Math.ceil(0.95 * sorted.length)) - 1] ?? 0;
}
