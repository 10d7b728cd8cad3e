// What answers from callees become in the caller's tree.
import { expect, test } from "vitest";
import { toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees, type CalleeAnswer } from "../../src/tree/build.ts";
import type { ErrorTree, TreeNode } from "../../src/tree/tree.ts";

const span = { attributes: {}, events: [], status: "unset" as const, service: "cart" };
const RECORDS = [
  toSpanRecord({ ...span, spanId: "1".repeat(16), kind: "server", name: "GET /", start: 1, end: 9 }),
  toSpanRecord({
    ...span,
    spanId: "2".repeat(16),
    parentId: "1".repeat(16),
    kind: "client",
    name: "GET",
    attributes: { "http.response.status_code": 200 },
    start: 2,
    end: 8,
  }),
];
const PRICING: TreeNode = { service: "pricing", operation: "GET /quote", code: "ok", count: 1, children: [] };

function treeWith(answer: CalleeAnswer): ErrorTree | undefined {
  return buildTrees(RECORDS, { answers: new Map([["2".repeat(16), answer]]) })[0];
}

test("handled failures of which the answer had room for nothing but the number are in the caller's tree", () => {
  expect(treeWith({ root: PRICING, omitted: 9 })).toMatchObject({
    omitted: 9,
    root: { service: "cart", code: "ok", children: [{ service: "pricing", code: "ok", children: [] }] },
  });
});

test("an answer that nothing failed makes no tree", () => {
  expect(treeWith({ root: PRICING, omitted: 0 })).toBeUndefined();
  expect(treeWith({ omitted: 0 })).toBeUndefined();
});
