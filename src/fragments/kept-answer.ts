// Bounds how much of the callees' answers a fragment keeps, and with it what the fragment builds, reports and writes.
import { cutToCause } from "../tree/cause-path.ts";
import { countNodes, type ErrorTree } from "../tree/tree.ts";

/** Answers are kept whole up to so many nodes of a fragment, all of them together: as many as one answer may have. */
export const WHOLE_NODES = 1024;
/** Then the cause path of each is kept up to so many nodes, and beyond only its root and its cause. */
export const PATH_NODES = 2048;

/** The part of a tree that is kept if `nodesKept` nodes of other answers are kept already; the rest is in `omitted`. */
export function fittingTree(tree: ErrorTree, nodesKept: number): ErrorTree {
  if (nodesKept + countNodes(tree.root) <= WHOLE_NODES) return tree;
  return cutToCause(tree, PATH_NODES - nodesKept);
}

/** The tree's root alone; all nodes beneath it are in `omitted`. */
export function rootAlone(tree: ErrorTree): ErrorTree {
  const { root, omitted } = tree;
  return { ...tree, root: { ...root, children: [] }, omitted: omitted + countNodes(root) - 1 };
}
