// Says how an edge or a node stands: by its quality attributes, or by its failures if it has none.
import type { Picture, PictureEdge, PictureNode, State } from "../../graph/picture.ts";

/** From the best to the worst, as far as somebody has to look. */
const SEVERITY: Readonly<Record<State, number>> = { ok: 0, unobserved: 1, warn: 2, fail: 3 };

/** The states in words. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  ok: "ok",
  warn: "warning",
  fail: "failing",
  unobserved: "no data",
};

/** Without a quality attribute: an edge that loses this share of its requests is failing. */
export const FAIL_SHARE = 0.05;
/** Without a quality attribute: an edge that loses this share is a warning. */
export const WARN_SHARE = 0.01;
/** So many failures at least, before an edge without a quality attribute is called failing. */
const FAIL_COUNT = 3;

/** How an edge stands. */
export function standingOf(edge: PictureEdge): State {
  if (edge.state !== "unobserved" || edge.judgements.length > 0 || edge.requests === 0) return edge.state;
  const share = failureShare(edge);
  if (share >= FAIL_SHARE && edge.failures >= FAIL_COUNT) return "fail";
  return share >= WARN_SHARE ? "warn" : "ok";
}

/** The worse of two states. */
function worse(a: State, b: State): State {
  return SEVERITY[b] > SEVERITY[a] ? b : a;
}

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
  const state = standingOf(edge);
  return state === "warn" || state === "fail" || edge.context.missing > 0;
}

/** How each node stands: as the worst of the edges that lead to it, or as the server says if that is worse. */
export function nodeStandings({ nodes, edges }: Pick<Picture, "nodes" | "edges">): Map<string, State> {
  const leading = new Map<string, State>();
  for (const edge of edges) {
    const state = standingOf(edge);
    const before = leading.get(edge.server);
    leading.set(edge.server, before === undefined ? state : worseObserved(before, state));
  }
  return new Map(nodes.map((node) => [node.name, withNode(node, leading.get(node.name))]));
}

function withNode({ state }: PictureNode, leading: State | undefined): State {
  if (leading === undefined) return state;
  return worseObserved(leading, state);
}

/** An edge without data says nothing about a node that has others. */
function worseObserved(a: State, b: State): State {
  if (a === "unobserved") return b;
  return b === "unobserved" ? a : worse(a, b);
}
