// Says in words what has become worse or better from one picture to the next.
import { edgeId } from "../../graph/edge.ts";
import type { Picture, State } from "../../graph/picture.ts";
import { STATE_WORDS } from "./standing.ts";
import { edgeName } from "./words.ts";

/** Most changes that are named; of more only the number is said. */
const MOST_NAMED = 3;

/** One or two sentences for a screen reader; the empty string if nothing has changed that matters. */
export function changesInWords(before: Picture | undefined, now: Picture): string {
  if (before === undefined) return "";
  const states = new Map<string, State>(before.edges.map((edge) => [edgeId(edge), edge.state]));
  const changed = now.edges.flatMap((edge) => {
    const [old, state] = [states.get(edgeId(edge)), edge.state];
    if (old === undefined || old === state || state === "unobserved" || old === "unobserved") return [];
    return [`${edgeName(edge)} is ${old === "fail" && state === "ok" ? "ok again" : STATE_WORDS[state]}.`];
  });
  if (changed.length <= MOST_NAMED) return changed.join(" ");
  return `${changed.slice(0, MOST_NAMED).join(" ")} ${changed.length - MOST_NAMED} more edges have changed.`;
}
