// Says in words how far two clocks are apart.

/** `7 minutes ahead of ours`, `40 s behind ours`. */
export function aheadText(aheadMs: number): string {
  return `${spanText(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead of" : "behind"} ours`;
}

function spanText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${(minutes / 60).toFixed(1)} hours`;
}
