// Says in words how an edge or a node stands, which the server has judged, and what is unhealthy.
import type { PictureEdge, State } from "../../graph/picture.ts";

/** From the best to the worst, as far as somebody has to look. */
const SEVERITY: Readonly<Record<State, number>> = { ok: 0, unobserved: 1, warn: 2, fail: 3 };

/** The states in words. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  ok: "ok",
  warn: "warning",
  fail: "failing",
  unobserved: "no data",
};

/** Compares by how bad it is, the worst first. */
export function bySeverity(a: State, b: State): number {
  return SEVERITY[b] - SEVERITY[a];
}

/** How many of the requests failed, 0 to 1. */
export function failureShare({ requests, failures }: PictureEdge): number {
  return requests > 0 ? Math.min(1, failures / requests) : 0;
}

/** Of the requests whose context should have arrived, the share for which it did not; `undefined` if there were none. */
export function missingShare({ context }: PictureEdge): number | undefined {
  const expected = context.arrived + context.missing;
  return expected > 0 ? context.missing / expected : undefined;
}

/** If somebody should look at it: it warns or fails, or the context does not arrive. */
export function isUnhealthy(edge: PictureEdge): boolean {
  return edge.state === "warn" || edge.state === "fail" || edge.context.missing > 0;
}
