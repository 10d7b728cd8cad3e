// What the first span of a service's part says of its tree, by the part's place in the trace.
import { expect, test } from "vitest";
import { rootAttributes } from "../../../src/export/spans/root-attributes.ts";
import type { ErrorTree, TreeNode } from "../../../src/tree/tree.ts";

const TEXT = "sold out, and nothing comes in before Monday";

function treeOf(unsure: boolean): ErrorTree {
  const stock: TreeNode = {
    service: "stock",
    operation: "GET /items",
    code: "internal",
    errorType: "RangeError",
    message: TEXT,
    count: 1,
    children: [],
  };
  const shop: TreeNode = {
    service: "shop",
    operation: "GET /",
    code: "unavailable",
    count: 1,
    children: [stock],
    ...(unsure ? { unsure: true } : undefined),
  };
  return { traceId: "", root: shop, omitted: 0 };
}

const COMMON = {
  "error_tree.verdict": "failed",
  "error_tree.origin": "propagated",
  "error_tree.root_cause.service": "stock",
  "error_tree.root_cause.operation": "GET /items",
  "error_tree.root_cause.code": "internal",
  "error_tree.drift": "internal -> unavailable",
  "error_tree.fingerprint": expect.stringMatching(/^[0-9a-f]{16}$/),
};

test.each(["root", "detached"] as const)("a %s has the tree as text, with the cause's message", (role) => {
  const attributes = rootAttributes({ role, verdict: "failed", tree: treeOf(false), represents: 2 });
  expect(attributes).toEqual({
    ...COMMON,
    "error_tree.root_cause.message": TEXT,
    "error_tree.root_cause.ambiguous": false,
    "error_tree.text": expect.stringContaining(TEXT),
    "error_tree.represents": 2,
  });
});

test("a part that was asked for its tree names the cause and repeats no text", () => {
  const facts = { role: "asked", verdict: "failed", represents: undefined } as const;
  expect(rootAttributes({ ...facts, tree: treeOf(false) })).toEqual(COMMON);
  const unsure = rootAttributes({ ...facts, tree: treeOf(true) });
  expect(unsure).toEqual({ ...COMMON, "error_tree.root_cause.ambiguous": true });
});
