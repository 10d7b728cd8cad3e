import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import { joinTrees } from "../../src/tree/join.ts";
import { identityOf } from "../../src/tree/shape.ts";
import {
  countNodes,
  type ErrorTree,
  nodesOf,
  rootCauseOf,
  type SpanStub,
  type TreeNode,
} from "../../src/tree/tree.ts";
import { pruneTree } from "../../src/wire/fit.ts";
import { traces } from "../support/arbitrary-trace.ts";
import { node } from "../support/nodes.ts";

const SERVICES = ["s1", "s2", "s3"] as const;

const stub: fc.Arbitrary<SpanStub> = fc.record({
  kind: fc.constantFrom("server", "client"),
  startMs: fc.nat(2),
  durationMs: fc.nat(2),
});

/** Few names, so that views of one tree meet in many nodes. */
function nodeOfDepth(depth: number): fc.Arbitrary<TreeNode> {
  return fc
    .record({
      service: fc.constantFrom(...SERVICES),
      count: fc.integer({ min: 1, max: 3 }),
      survived: fc.boolean(),
      own: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      way: fc.option(fc.nat(2), { nil: undefined, freq: 3 }),
      withStub: fc.option(stub, { nil: undefined, freq: 3 }),
      children: fc.array(depth === 0 ? fc.constant(node("end")) : nodeOfDepth(depth - 1), { maxLength: 3 }),
    })
    .map(({ service, count, survived, own, way, withStub, children }) =>
      node(service, {
        count,
        ...(survived ? { survived: true } : undefined),
        ...(own ? { own: true } : undefined),
        ...(withStub === undefined ? undefined : { stub: withStub }),
        children: children.map((child, i) => (i === way && !own ? { ...child, way: true } : child)),
      }),
    );
}

const tree: fc.Arbitrary<ErrorTree> = fc.record(
  { traceId: fc.constantFrom("t1", "t2"), root: nodeOfDepth(2), omitted: fc.nat(3) },
  { requiredKeys: ["traceId", "root", "omitted"] },
);

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
    const call = node("root", { code: "deadline-exceeded", peer: "slow", unanswered: true, spanId: "c1" });
    const caller: ErrorTree = { traceId: "t", omitted: 0, root: node("root", { children: [call] }) };
    const callee: ErrorTree = { traceId: "t", omitted: 1, root: node("slow"), parentSpanId: "c1" };
    const joined = joinTrees(caller, callee);
    expect(joined).toEqual({
      traceId: "t",
      omitted: 1,
      root: node("root", { children: [{ ...call, children: [node("slow")] }] }),
    });
    expect(joinTrees(callee, caller)).toEqual(joined);
    expect(joinTrees(joined, callee)).toEqual(joined);
  });

  const view = (root: Partial<TreeNode>): ErrorTree => ({ traceId: "t", omitted: 0, root: node("a", root) });
  const joinedStub = (...views: Partial<TreeNode>[]): SpanStub | undefined =>
    views.map(view).reduce(joinTrees).root.stub;

  it.each<[string, SpanStub, SpanStub]>([
    [
      "the earlier start",
      { kind: "server", startMs: 1, durationMs: 9 },
      { kind: "client", startMs: 2, durationMs: 3 },
    ],
    [
      "the shorter of equal starts",
      { kind: "server", startMs: 2, durationMs: 3 },
      { kind: "client", startMs: 2, durationMs: 4 },
    ],
    [
      "the first kind by name of equal times",
      { kind: "client", startMs: 2, durationMs: 4 },
      { kind: "server", startMs: 2, durationMs: 4 },
    ],
  ])("of two stubs of one node takes the one with %s", (_, first, other) => {
    expect(joinedStub({ stub: first }, { stub: other })).toEqual(first);
    expect(joinedStub({ stub: other }, { stub: first })).toEqual(first);
  });

  it("leaves the stub out where a view has none: somebody wrote the span, or may have", () => {
    const some = { kind: "server", startMs: 1, durationMs: 1 } as const;
    for (const views of [
      [{ stub: some }, {}],
      [{}, { stub: some }],
      [{}, { stub: some }, { stub: some }],
    ]) {
      expect(joinedStub(...views)).toBeUndefined();
    }
    expect(joinTrees(view({ stub: some }), view({})).root).not.toHaveProperty("stub");
  });

  /** Siblings that say the same above different failures are told apart by their number alone: if one is left out, so is that. */
  const hasTwins = ({ root }: ErrorTree): boolean =>
    [...nodesOf(root)].some(({ children }) => new Set(children.map(identityOf)).size < children.length);
  const causeOf = ({ root }: ErrorTree): string => rootCauseOf(root).node.operation;
  const late = node("a", { operation: "x", code: "unavailable" });
  const early = node("a", { operation: "b", code: "internal" });
  const cancelled = { code: "cancelled", unanswered: true } as const;

  it.each<[string, Partial<TreeNode>, Partial<TreeNode>]>([
    ["one of them had no room for all children", { children: [late, early] }, { children: [late] }],
    [
      "only one of them needs a mark for it",
      { children: [early, { ...late, way: true }] },
      { children: [late] },
    ],
    [
      "it is a call that ran out of time in both",
      { code: "deadline-exceeded", peer: "slow", children: [node("b", cancelled), node("c", cancelled)] },
      { code: "deadline-exceeded", peer: "slow", children: [node("c", cancelled)] },
    ],
    [
      "it lies beneath what has not failed",
      {
        code: "ok",
        children: [node("z", { code: "ok", children: [late] }), node("b", { code: "ok", children: [early] })],
      },
      { code: "ok", children: [node("z", { code: "ok", children: [late] })] },
    ],
  ])("keeps the cause on which the views agree: %s", (_, one, other) => {
    const [a, b] = [view(one), view(other)];
    expect(causeOf(b)).toBe(causeOf(a));
    expect(causeOf(joinTrees(a, b))).toBe(causeOf(a));
    expect(causeOf(joinTrees(b, a))).toBe(causeOf(a));
  });

  it("keeps the cause of a tree that it joins with what there was room for", () => {
    let shorter = 0;
    const whole = traces.map((spans) => buildTrees(spans.map(toSpanRecord)));
    fc.assert(
      fc.property(whole, fc.integer({ min: 2, max: 6 }), (trees, most) => {
        for (const tree of trees) {
          if (hasTwins(tree)) continue;
          const pruned = pruneTree(tree, ({ root }) => countNodes(root) <= most) as ErrorTree;
          if (pruned.omitted > 0) shorter++;
          expect(causeOf(joinTrees(tree, pruned))).toBe(causeOf(tree));
        }
      }),
      { numRuns: 400 },
    );
    expect(shorter).toBeGreaterThan(100);
  });

  it("keeps apart what has no known place", () => {
    const a: ErrorTree = { traceId: "t", omitted: 0, root: node("a") };
    const b: ErrorTree = { traceId: "t", omitted: 0, root: node("b"), parentSpanId: "nowhere" };
    expect(joinTrees(b, a)).toEqual({ ...a, apart: [b] });
  });

  it("connects two views through a third that comes last", () => {
    const top: ErrorTree = {
      traceId: "t",
      omitted: 0,
      root: node("a", { children: [node("a", { unanswered: true, spanId: "1" })] }),
    };
    const middle: ErrorTree = {
      traceId: "t",
      omitted: 0,
      parentSpanId: "1",
      root: node("b", { children: [node("b", { unanswered: true, spanId: "2" })] }),
    };
    const bottom: ErrorTree = { traceId: "t", omitted: 0, parentSpanId: "2", root: node("c") };
    const joined = joinTrees(joinTrees(top, bottom), middle);
    expect(joined.apart).toBeUndefined();
    expect(joinTrees(top, joinTrees(middle, bottom))).toEqual(joined);
    expect(joined.root.children[0]?.children[0]?.children[0]?.children[0]?.service).toBe("c");
  });

  it("tells how many nodes are missing of pieces that come before the one that connects them", () => {
    const piece = (omitted: number, span: string, parentSpanId?: string): ErrorTree => ({
      traceId: "t",
      omitted,
      root: node(span, { spanId: span }),
      ...(parentSpanId === undefined ? undefined : { parentSpanId }),
    });
    const [a, b, c] = [piece(0, "x1"), piece(0, "b1", "x1"), piece(5, "c1", "b1")];
    expect(joinTrees(joinTrees(a, c), b).omitted).toBe(5);
    expect(joinTrees(joinTrees(a, c), b)).toEqual(joinTrees(a, joinTrees(b, c)));
  });

  /** Pieces of one trace, each of another service: the first is the root, each of the others hangs beneath a node of one before it. */
  const pieces: fc.Arbitrary<ErrorTree[]> = fc
    .array(
      fc.record({
        under: fc.nat(),
        omitted: fc.nat(9),
        count: fc.nat(2),
      }),
      { minLength: 3, maxLength: 5 },
    )
    .map((parts) =>
      parts.map(
        ({ under, omitted, count }, i): ErrorTree => ({
          traceId: "t",
          omitted,
          root: node(`s${i}`, {
            count: 1 + count,
            children: [node(`s${i}`, { unanswered: true, spanId: `x${i}` })],
          }),
          ...(i === 0 ? undefined : { parentSpanId: `x${under % i}` }),
        }),
      ),
    );

  /** Joins two neighbours at a time, in the order that `picks` says. */
  function joinedBy(picks: readonly number[], views: readonly ErrorTree[]): ErrorTree {
    const left = [...views];
    for (let i = 0; left.length > 1; i++) {
      const at = (picks[i] as number) % (left.length - 1);
      left.splice(at, 2, joinTrees(left[at] as ErrorTree, left[at + 1] as ErrorTree));
    }
    return left[0] as ErrorTree;
  }

  it("makes the same of pieces that hang beneath each other, in whatever order they come and are joined", () => {
    const shuffled = pieces.chain((views) =>
      fc.record({
        views: fc.constant(views),
        others: fc.shuffledSubarray(views, { minLength: views.length }),
        picks: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ views, others, picks }) => {
        const joined = views.reduce(joinTrees);
        expect(joined.apart).toBeUndefined();
        expect(joined.omitted).toBe(Math.max(...views.map(({ omitted }) => omitted)));
        expect(joinedBy(picks, others)).toEqual(joined);
      }),
      { numRuns: 500 },
    );
  });
});
