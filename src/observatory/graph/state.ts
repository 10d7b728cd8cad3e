// Finds how an edge stands: by the worst of its quality attributes, or by its failures if it has none.
import type { EdgeCounts } from "./edge.ts";
import type { Judgement, State } from "./picture.ts";

/** Without a quality attribute: an edge that loses this share of its requests is failing. */
export const FAIL_SHARE = 0.05;
/** Without a quality attribute: an edge that loses this share is a warning. */
export const WARN_SHARE = 0.01;
/** So many failures at least, before an edge without a quality attribute is called failing. */
const FAIL_COUNT = 3;

/** How an edge stands. */
export function stateOf(
  { requests, failures }: Pick<EdgeCounts, "requests" | "failures">,
  judgements: readonly Judgement[],
): State {
  if (judgements.length > 0) return worstState(judgements.map(({ state }) => state));
  if (requests === 0) return "unobserved";
  const share = failures / requests;
  if (share >= FAIL_SHARE && failures >= FAIL_COUNT) return "fail";
  return share >= WARN_SHARE ? "warn" : "ok";
}

const BADNESS: Readonly<Record<State, number>> = { unobserved: 0, ok: 1, warn: 2, fail: 3 };

/** The worst of them; `unobserved` if there are none. */
export function worstState(states: Iterable<State>): State {
  let worst: State = "unobserved";
  for (const state of states) if (BADNESS[state] > BADNESS[worst]) worst = state;
  return worst;
}
