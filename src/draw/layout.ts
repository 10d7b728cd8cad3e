// Chooses which nodes of a tree are drawn, and places them in rows, each indented beneath the node above it.
import type { RootCause, TreeNode } from "../tree/tree.ts";

/** A node in its row. */
export interface Row {
  readonly node: TreeNode;
  /** Nodes from the root down to it, itself not included. */
  readonly depth: number;
  /** The row of the node above it; `undefined` for the root and if that node is not drawn. */
  readonly above: number | undefined;
  /** So many nodes between the row before and this one are not drawn. */
  readonly skipped: number;
}

/** The rows, parents before children. */
export interface Layout {
  readonly rows: readonly Row[];
  /** Nodes that are not drawn, for there are too many. */
  readonly skipped: number;
  /** How many of them come after the last row. */
  readonly skippedAfter: number;
}

/** How many nodes at the end of a long way to the root cause are drawn in any case. */
const MOST_OF_WAY = 100;

/** The first nodes of a tree, and the last ones on the way to its root cause. Iterative: depth is the input's choice. */
export function layOut({ path }: RootCause, most: number): Layout {
  const kept = new Set(path.slice(-MOST_OF_WAY));
  const rows: Row[] = [];
  let left = 0;
  let skipped = 0;
  let count = 0;
  const todo: { node: TreeNode; depth: number; above: number | undefined }[] = [
    { node: path[0] as TreeNode, depth: 0, above: undefined },
  ];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, depth, above } = next;
    let row: number | undefined;
    if (count++ < most || kept.has(node)) {
      row = rows.length;
      rows.push({ node, depth, above, skipped: left });
      left = 0;
    } else {
      left++;
      skipped++;
    }
    for (let i = node.children.length - 1; i >= 0; i--) {
      todo.push({ node: node.children[i] as TreeNode, depth: depth + 1, above: row });
    }
  }
  return { rows, skipped, skippedAfter: left };
}
