// Writes a duration for people.

/** <0.1 ms, 0.4 ms, 12 ms, 1.50 s, 3 min. */
export function formatDuration(ms: number): string {
  if (ms < 0.05) return "<0.1 ms";
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(2)} s` : `${Math.round(ms / 60_000)} min`;
}
