// Makes one node with a count of equal siblings.
import type { Shapes } from "./shape.ts";
import { causeChildOf, larger, type TreeNode } from "./tree.ts";

/**
 * The children of a node in their order, equal ones in the place of the first of them. The way to the cause leads through the
 * same one as before: it is marked if their order would lead to another.
 */
export function collapsed(parent: TreeNode, siblings: TreeNode[], shapes: Shapes): TreeNode[] {
  if (siblings.length < 2) return siblings;
  const way = causeChildOf({ ...parent, children: siblings });
  const distinct = new Map<number, TreeNode>();
  for (const node of siblings) {
    const shape = shapes.of(node);
    const twin = distinct.get(shape);
    distinct.set(shape, twin === undefined ? node : collapse(twin, node, way));
  }
  if (way !== undefined && distinct.size < siblings.length) {
    const shape = shapes.of(way);
    const node = distinct.get(shape) as TreeNode;
    const read = causeChildOf({ ...parent, children: [...distinct.values()] });
    if (read !== node) distinct.set(shape, { ...node, way: true });
  }
  return [...distinct.values()];
}

/**
 * One node for both, in the place of the first. Equal ones may differ in what was judged of them and beneath them: all of that
 * is taken from the one that the way to the cause leads to, else from the first that was not survived.
 */
function collapse(first: TreeNode, other: TreeNode, way: TreeNode | undefined): TreeNode {
  const isOther = other === way || (isJudged(other) && !isJudged(first));
  const { survived: _, stub: __, ...rest } = isOther ? other : first;
  const attempt = larger(first.attempt, other.attempt);
  return {
    ...rest,
    count: first.count + other.count,
    ...(first.stub === undefined ? undefined : { stub: first.stub }),
    ...(attempt === undefined ? undefined : { attempt }),
    ...(first.survived && other.survived ? { survived: true as const } : undefined),
    ...(first.way || other.way ? { way: true as const } : undefined),
    ...(first.exported || other.exported ? { exported: true as const } : undefined),
    ...(first.mixed || other.mixed ? { mixed: true as const } : undefined),
  };
}

function isJudged({ way, survived }: TreeNode): boolean {
  return way === true || survived !== true;
}
