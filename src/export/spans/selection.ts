// Selects the nodes of answers that get a span, if there are more than one fragment may write.
import { rootCauseOf, type TreeNode } from "../../tree/tree.ts";
import type { CalleeTree } from "./synthesized-spans.ts";

/** Takes the nodes on the way to the first root cause, then those nearest to their call, level by level. */
export class Selection {
  /** Nodes on the way to the first root cause. */
  readonly way: ReadonlySet<TreeNode>;
  /** Nodes for which there is no room. */
  readonly left: number;
  /** All nodes of the levels above this one are taken. */
  #deepest = 0;
  /** How many nodes of that level are taken. */
  #room: number;

  constructor(callees: readonly Pick<CalleeTree, "tree" | "leadsToCause">[], most: number) {
    const cause = callees.find(({ leadsToCause }) => leadsToCause);
    this.way = new Set(cause === undefined ? [] : rootCauseOf(cause.tree.root).path);
    const levels = callees.reduce<number[]>((counts, { tree }) => count(tree.root, this.way, counts), []);
    let way = 0;
    for (const node of this.way) if (node.stub !== undefined) way++;
    this.#room = Math.max(0, most - way);
    const all = levels.reduce((sum, nodes) => sum + nodes, 0);
    this.left = Math.max(0, all - this.#room);
    for (const nodes of levels) {
      if (nodes > this.#room) break;
      this.#room -= nodes;
      this.#deepest++;
    }
  }

  /** True if the node, so many steps beneath the callee's root, gets a span. Asked once of each. */
  takes(node: TreeNode, depth: number): boolean {
    if (node.stub === undefined) return false;
    if (this.way.has(node) || depth < this.#deepest) return true;
    return depth === this.#deepest && this.#room-- > 0;
  }

  /** False if neither the node nor any beneath it is taken. */
  reaches(node: TreeNode, depth: number): boolean {
    return depth <= this.#deepest || this.way.has(node);
  }
}

/** Adds the number of nodes with a span to write to each level, without those on the way. */
function count(root: TreeNode, way: ReadonlySet<TreeNode>, levels: number[]): number[] {
  let level: readonly TreeNode[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const nodes = level.filter((node) => node.stub !== undefined && !way.has(node)).length;
    levels[depth] = (levels[depth] ?? 0) + nodes;
    level = level.flatMap(({ children }) => children);
  }
  return levels;
}
