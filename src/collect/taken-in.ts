// Bounds how much of what callees answered a fragment keeps: what it builds, tells and writes follows from that.
import { cutToCause } from "../model/cause-path.ts";
import type { Outcome } from "../model/ports.ts";
import { countNodes, type ErrorTree } from "../model/tree.ts";
import type { Fragment } from "./fragment.ts";

/** Answers are kept whole up to so many nodes of a fragment, all of them together: as many as one answer may have. */
export const WHOLE_NODES = 1024;
/** Then the cause path of each is kept up to so many nodes, and beyond only its root and its cause. */
export const PATH_NODES = 2048;

/** What a fragment keeps of an answer, in place of what it kept of an earlier one to the same call; the rest is in `omitted`. */
export function takenIn(fragment: Fragment, answer: Outcome, earlier: Outcome | undefined): Outcome {
  if (earlier?.tree !== undefined) fragment.taken -= countNodes(earlier.tree.root);
  if (answer.tree === undefined) return answer;
  const tree = fitting(answer.tree, fragment.taken);
  fragment.taken += countNodes(tree.root);
  return tree === answer.tree ? answer : { ...answer, tree };
}

function fitting(tree: ErrorTree, taken: number): ErrorTree {
  if (taken + countNodes(tree.root) <= WHOLE_NODES) return tree;
  return cutToCause(tree, PATH_NODES - taken);
}
