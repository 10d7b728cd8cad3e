// Bounds how much of what callees answered a fragment keeps: what it builds, tells and writes follows from that.
import { cutToCause } from "../tree/cause-path.ts";
import { countNodes, type ErrorTree } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import type { SpanEntry } from "./fragment.ts";

/** Answers are kept whole up to so many nodes of a fragment, all of them together: as many as one answer may have. */
export const WHOLE_NODES = 1024;
/** Then the cause path of each is kept up to so many nodes, and beyond only its root and its cause. */
export const PATH_NODES = 2048;

/** What is kept of the answer to a call, in place of what was kept of an earlier one; the rest is in `omitted`. */
export function takenIn({ fragment, outcome, countedAs }: SpanEntry, answer: Answer): Answer {
  if (answer.exported) fragment.exportedBeneath = true;
  // Of a call for which there is no room the number of nodes is all that is asked for.
  if (countedAs !== undefined)
    return answer.tree === undefined ? answer : { ...answer, tree: rootOf(answer.tree) };
  if (outcome?.tree !== undefined) fragment.taken -= countNodes(outcome.tree.root);
  if (answer.tree === undefined) return answer;
  const tree = fitting(answer.tree, fragment.taken);
  fragment.taken += countNodes(tree.root);
  return tree === answer.tree ? answer : { ...answer, tree };
}

function rootOf(tree: ErrorTree): ErrorTree {
  const { root, omitted } = tree;
  return { ...tree, root: { ...root, children: [] }, omitted: omitted + countNodes(root) - 1 };
}

function fitting(tree: ErrorTree, taken: number): ErrorTree {
  if (taken + countNodes(tree.root) <= WHOLE_NODES) return tree;
  return cutToCause(tree, PATH_NODES - taken);
}
