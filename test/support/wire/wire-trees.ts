// Random trees as the wire carries them, and what a reader must make of them.
import type fc from "fast-check";
import type { SpanStub, TreeNode } from "../../../src/tree/tree.ts";
import type { Limits } from "../../../src/wire/limits.ts";
import { errorTrees, type TreeBounds } from "../arbitrary-tree.ts";
import type { Expanded } from "./expand.ts";

/** The id of the ask in all tests. */
export const ID = "00f067aa0ba902b7";
/** Limits that no test tree passes. */
export const WIDE: Limits = {
  valueBytes: 1e9,
  messageBytes: 1e7,
  nodes: 1e6,
  depth: 1e6,
  strings: 1e6,
  stringChars: 1e6,
};
/** Trees of which some stubs have lost their times for want of room. */
export function wireTrees(bounds: TreeBounds = {}): fc.Arbitrary<Expanded> {
  return errorTrees(bounds).map(({ root, omitted }) => ({
    id: ID,
    omitted,
    root: mapNodes(root, withSomeTimes),
  }));
}

function withSomeTimes(node: TreeNode): TreeNode {
  const { stub } = node;
  return stub === undefined || (stub.durationMs ?? 0) % 4 > 0
    ? node
    : { ...node, stub: { kind: stub.kind } satisfies SpanStub };
}

/** The tree as it comes back: UTF-8 has no halves of surrogate pairs. */
export function asRead({ id, omitted, root }: Expanded): Expanded {
  const read: TreeNode = JSON.parse(JSON.stringify(root), (_, value) =>
    typeof value === "string" ? Buffer.from(value).toString() : value,
  );
  return { ...(id === undefined ? undefined : { id }), omitted, root: read };
}

/** A copy of the tree, each node as `change` makes it. */
function mapNodes(node: TreeNode, change: (node: TreeNode) => TreeNode): TreeNode {
  return { ...change(node), children: node.children.map((child) => mapNodes(child, change)) };
}
