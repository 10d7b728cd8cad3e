// Finds the worst of several states.
import type { State } from "./picture.ts";

const BADNESS: Readonly<Record<State, number>> = { unobserved: 0, ok: 1, warn: 2, fail: 3 };

/** The worst of them; `unobserved` if there are none. */
export function worstState(states: Iterable<State>): State {
  let worst: State = "unobserved";
  for (const state of states) if (BADNESS[state] > BADNESS[worst]) worst = state;
  return worst;
}
