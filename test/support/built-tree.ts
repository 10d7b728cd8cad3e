// A tree as the collector builds it, for tests that need no spans.
import { redactNode } from "../../src/model/redact.ts";
import { Shapes } from "../../src/model/shape.ts";
import { FragmentTree, TreeRedaction } from "../../src/model/told-tree.ts";
import type { ErrorTree } from "../../src/model/tree.ts";

export function builtTree(raw: ErrorTree): FragmentTree {
  return new FragmentTree(raw, new TreeRedaction({ redact: redactNode }), new Shapes());
}
