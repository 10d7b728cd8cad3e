// Nodes and answers for tests, which name only what they are about.
import type { TreeNode } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";

/** A node that has failed, unless it says something else. */
export function node(
  service: string,
  fields: Partial<TreeNode> = {},
  ...children: readonly TreeNode[]
): TreeNode {
  return { service, operation: "GET /", code: "internal", count: 1, children, ...fields };
}

/** What a service answers that has this tree. */
export function answerOf(root: TreeNode, fields: Partial<Answer> = {}, omitted = 0): Answer {
  const { service, code } = root;
  return { service, code, exported: false, tree: { traceId: "", root, omitted }, ...fields };
}
