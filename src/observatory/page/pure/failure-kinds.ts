// Collects failing requests by their kind, so that a storm of one failure is one row.
import type { Failure } from "../../graph/picture.ts";

/** Failing requests of one kind. */
export interface FailureKind {
  readonly fingerprint: string;
  readonly newest: Failure;
  /** How many requests they stand for. */
  readonly requests: number;
  /** Their traces, the newest first; bounded. */
  readonly traces: readonly Failure[];
}

/** Most failures that the page keeps. */
export const MOST_FAILURES = 500;

/** Adds failures to those that are known, each trace once, the newest first. */
export function withFailures(known: readonly Failure[], added: readonly Failure[]): readonly Failure[] {
  const ids = new Set(added.map(({ traceId }) => traceId));
  const kept = known.filter(({ traceId }) => !ids.has(traceId));
  return [...added, ...kept].sort((a, b) => b.time - a.time).slice(0, MOST_FAILURES);
}

/** How many requests failed in each of so many equal parts of a span of time, in milliseconds since the epoch. */
export function barsOf(
  failures: readonly Failure[],
  { from, to, bars }: { readonly from: number; readonly to: number; readonly bars: number },
): number[] {
  const counts = new Array<number>(bars).fill(0);
  for (const { time, represents } of failures) {
    const at = Math.floor(((time - from) / (to - from)) * bars);
    if (at >= 0 && at < bars) counts[at] = (counts[at] ?? 0) + Math.max(1, represents);
  }
  return counts;
}

/** The kinds, that with the newest failure first. Failures have to come newest first. */
export function kindsOf(failures: readonly Failure[]): readonly FailureKind[] {
  const kinds = new Map<string, Failure[]>();
  for (const failure of failures) {
    const traces = kinds.get(failure.fingerprint);
    if (traces === undefined) kinds.set(failure.fingerprint, [failure]);
    else traces.push(failure);
  }
  return [...kinds].map(([fingerprint, traces]) => ({
    fingerprint,
    newest: traces[0] as Failure,
    requests: traces.reduce((sum, { represents }) => sum + Math.max(1, represents), 0),
    traces,
  }));
}
