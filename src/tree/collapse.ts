// Makes one node with a count of equal siblings.
import type { Shapes } from "./shape.ts";
import { causeChildOf, larger, type TreeNode } from "./tree.ts";

/**
 * The children of a node in their order, equal ones as the first of them. The way to the cause leads through the same one as
 * before: it is marked if their order would lead to another.
 */
export function collapsed(parent: TreeNode, siblings: TreeNode[], shapes: Shapes): TreeNode[] {
  if (siblings.length < 2) return siblings;
  const distinct = new Map<number, TreeNode>();
  for (const node of siblings) {
    const shape = shapes.of(node);
    const twin = distinct.get(shape);
    distinct.set(shape, twin === undefined ? node : collapse(twin, node));
  }
  const way = distinct.size < siblings.length ? causeChildOf({ ...parent, children: siblings }) : undefined;
  if (way !== undefined) {
    const shape = shapes.of(way);
    const node = distinct.get(shape) as TreeNode;
    const read = causeChildOf({ ...parent, children: [...distinct.values()] });
    if (read !== node) distinct.set(shape, { ...node, way: true });
  }
  return [...distinct.values()];
}

/** The first, with what the marks of both say: if the way to the root cause leads to one of them, it does so to both. */
function collapse(first: TreeNode, other: TreeNode): TreeNode {
  const { survived: _, own: __, unsure: ___, ...rest } = first;
  // The one that was not survived is nearer to the way.
  const { own, unsure } = isJudged(other) && !isJudged(first) ? other : first;
  const attempt = larger(first.attempt, other.attempt);
  return {
    ...rest,
    count: first.count + other.count,
    ...(attempt === undefined ? undefined : { attempt }),
    ...(first.survived && other.survived ? { survived: true as const } : undefined),
    ...(own ? { own } : undefined),
    ...(unsure ? { unsure } : undefined),
    ...(first.way || other.way ? { way: true as const } : undefined),
    ...(first.exported || other.exported ? { exported: true as const } : undefined),
    ...(first.mixed || other.mixed ? { mixed: true as const } : undefined),
  };
}

function isJudged({ way, survived }: TreeNode): boolean {
  return way === true || survived !== true;
}
