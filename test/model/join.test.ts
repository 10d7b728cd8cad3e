import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinTrees } from "../../src/model/join.ts";
import type { ErrorTree, TreeNode } from "../../src/model/tree.ts";

const SERVICES = ["s1", "s2", "s3"] as const;

/** Few names, so that views of one tree meet in many nodes. */
function nodeOfDepth(depth: number): fc.Arbitrary<TreeNode> {
  return fc
    .record({
      service: fc.constantFrom(...SERVICES),
      count: fc.integer({ min: 1, max: 3 }),
      survived: fc.boolean(),
      children: fc.array(depth === 0 ? fc.constant(leaf("end")) : nodeOfDepth(depth - 1), { maxLength: 3 }),
    })
    .map(({ service, count, survived, children }) =>
      leaf(service, { count, ...(survived ? { survived: true } : undefined), children }),
    );
}

const tree: fc.Arbitrary<ErrorTree> = fc.record(
  { traceId: fc.constantFrom("t1", "t2"), root: nodeOfDepth(2), omitted: fc.nat(3) },
  { requiredKeys: ["traceId", "root", "omitted"] },
);

function leaf(service: string, more: Partial<TreeNode> = {}): TreeNode {
  return { service, operation: "GET /", code: "internal", count: 1, children: [], ...more };
}

describe("joinTrees", () => {
  it("is commutative", () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        expect(joinTrees(a, b)).toEqual(joinTrees(b, a));
      }),
    );
  });

  it("is associative", () => {
    fc.assert(
      fc.property(tree, tree, tree, (a, b, c) => {
        expect(joinTrees(joinTrees(a, b), c)).toEqual(joinTrees(a, joinTrees(b, c)));
      }),
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(tree, (a) => {
        expect(joinTrees(a, a)).toEqual(a);
      }),
    );
  });

  it("hangs the callee's view of a timeout beneath the caller's, in whatever order they come", () => {
    const call = leaf("root", { code: "deadline-exceeded", peer: "slow", unanswered: true, spanId: "c1" });
    const caller: ErrorTree = { traceId: "t", omitted: 0, root: leaf("root", { children: [call] }) };
    const callee: ErrorTree = { traceId: "t", omitted: 1, root: leaf("slow"), parentSpanId: "c1" };
    const joined = joinTrees(caller, callee);
    expect(joined).toEqual({
      traceId: "t",
      omitted: 1,
      root: leaf("root", { children: [{ ...call, children: [leaf("slow")] }] }),
    });
    expect(joinTrees(callee, caller)).toEqual(joined);
    expect(joinTrees(joined, callee)).toEqual(joined);
  });

  it("keeps apart what has no known place", () => {
    const a: ErrorTree = { traceId: "t", omitted: 0, root: leaf("a") };
    const b: ErrorTree = { traceId: "t", omitted: 0, root: leaf("b"), parentSpanId: "nowhere" };
    expect(joinTrees(b, a)).toEqual({ ...a, apart: [b] });
  });

  it("connects two views through a third that comes last", () => {
    const top: ErrorTree = {
      traceId: "t",
      omitted: 0,
      root: leaf("a", { children: [leaf("a", { unanswered: true, spanId: "1" })] }),
    };
    const middle: ErrorTree = {
      traceId: "t",
      omitted: 0,
      parentSpanId: "1",
      root: leaf("b", { children: [leaf("b", { unanswered: true, spanId: "2" })] }),
    };
    const bottom: ErrorTree = { traceId: "t", omitted: 0, parentSpanId: "2", root: leaf("c") };
    const joined = joinTrees(joinTrees(top, bottom), middle);
    expect(joined.apart).toBeUndefined();
    expect(joinTrees(top, joinTrees(middle, bottom))).toEqual(joined);
    expect(joined.root.children[0]?.children[0]?.children[0]?.children[0]?.service).toBe("c");
  });
});
