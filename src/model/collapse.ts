// Equal siblings as one node with a count.
import type { Shapes } from "./shape.ts";
import type { TreeNode } from "./tree.ts";

/** The nodes in their order, equal ones as the first of them. */
export function collapsed(siblings: readonly TreeNode[], shapes: Shapes): TreeNode[] {
  if (siblings.length < 2) return [...siblings];
  const distinct = new Map<number, TreeNode>();
  for (const node of siblings) {
    const shape = shapes.of(node);
    const twin = distinct.get(shape);
    distinct.set(shape, twin === undefined ? node : collapse(twin, node));
  }
  return [...distinct.values()];
}

/** The first, with what the marks of both say: if the way to the root cause leads to one of them, it does so to both. */
function collapse(first: TreeNode, other: TreeNode): TreeNode {
  const { survived: _, own: __, ...rest } = first;
  const judged = other.way && !first.way ? other : first;
  return {
    ...rest,
    count: first.count + other.count,
    ...(judged.own ? { own: true as const } : undefined),
    ...(first.unsure || other.unsure ? { unsure: true as const } : undefined),
    ...(judged.way ? { way: true as const } : undefined),
    ...(first.survived && other.survived ? { survived: true as const } : undefined),
    ...(first.exported || other.exported ? { exported: true as const } : undefined),
    ...(first.mixed || other.mixed ? { mixed: true as const } : undefined),
  };
}
