// A tree as a service builds it, for tests that need no spans.
import { redactNode } from "../../src/tree/redact-node.ts";
import { FragmentTree, TreeRedaction } from "../../src/tree/redacted-tree.ts";
import { Shapes } from "../../src/tree/shape.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";

export function builtTree(raw: ErrorTree): FragmentTree {
  return new FragmentTree(raw, new TreeRedaction({ redact: redactNode }), new Shapes());
}
