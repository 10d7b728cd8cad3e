// What is left of a tree that is cut down to the way to its cause.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutToCause } from "../../src/tree/cause-path.ts";
import {
  type ErrorTree,
  nodesOf,
  originOf,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../../src/tree/tree.ts";
import { errorTrees, withSpanIds } from "../support/arbitrary-tree.ts";
import { node } from "../support/nodes.ts";

/** A tree as nested names, a gap as `+2`, an exported node as `!`. */
function shape({ root, omitted }: ErrorTree): string {
  const text = ({ service, hops, exported, children }: TreeNode): string => {
    const beneath = children.map(text).join(" ");
    const name = `${service}${hops === undefined ? "" : `+${hops}`}${exported ? "!" : ""}`;
    return beneath === "" ? name : `${name}(${beneath})`;
  };
  return `${text(root)} omitted ${omitted}`;
}

function cut(root: TreeNode, mostNodes: number, omitted = 0): string {
  return shape(cutToCause({ traceId: "", root, omitted }, mostNodes));
}

/** A chain of so many nodes. */
function chain(length: number, fields: Partial<TreeNode> = {}): TreeNode {
  let node_ = node(`s${length - 1}`, fields);
  for (let i = length - 2; i >= 0; i--) node_ = node(`s${i}`, fields, node_);
  return node_;
}

describe("a tree cut to its cause", () => {
  test("keeps root and cause with all between, and counts the rest", () => {
    const root = node("root", {}, node("a", {}, node("cause"), node("b", {}, node("c"))), node("d"));
    expect(cut(root, 8, 5)).toBe("root(a(cause)) omitted 8");
  });

  test("loses the middle of a path that is too long, and the node beneath the gap tells its hops", () => {
    expect([6, 5, 4, 3, 2, 1].map((most) => cut(chain(6), most))).toEqual([
      "s0(s1(s2(s3(s4(s5))))) omitted 0",
      "s0(s1(s2(s4+1(s5)))) omitted 1",
      "s0(s1(s4+2(s5))) omitted 2",
      "s0(s1(s5+3)) omitted 3",
      "s0(s5+4) omitted 4",
      "s0(s5+4) omitted 4",
    ]);
  });

  test("adds up the hops of earlier gaps", () => {
    const root = node("root", {}, node("a", { hops: 2 }, node("cause", { hops: 3 })));
    expect(cut(root, 2)).toBe("root(cause+6) omitted 1");
  });

  test("moves what was exported to the nearest node that is kept", () => {
    const beside = node("x", {}, node("y", { exported: true }));
    expect(cut(node("root", {}, node("a", {}, node("cause"), beside)), 8)).toBe("root(a!(cause)) omitted 2");
    expect(cut(node("root", {}, node("a", {}, node("b", {}, node("cause"), beside))), 2)).toBe(
      "root!(cause+2) omitted 4",
    );
    expect(cut(node("root", {}, node("a", { exported: true }, node("cause"))), 2)).toBe(
      "root!(cause+1) omitted 1",
    );
  });

  test("begins, beneath a gap, when its spans say; not at all when one of them does not", () => {
    const at = (startMs: number): Partial<TreeNode> => ({
      stub: { kind: "server", startMs, durationMs: 1 },
    });
    const told = node("root", {}, node("a", at(2), node("b", at(3), node("cause", at(4)))));
    expect(cutToCause({ traceId: "", root: told, omitted: 0 }, 2).root.children[0]?.stub).toEqual({
      kind: "server",
      startMs: 9,
      durationMs: 1,
    });
    const silent = node("root", {}, node("a", at(2), node("b", {}, node("cause", at(4)))));
    expect(cutToCause({ traceId: "", root: silent, omitted: 0 }, 2).root.children[0]?.stub).toEqual({
      kind: "server",
    });
  });

  test("marks the way where only what is gone showed it", () => {
    const root = node("root", {}, node("beside"), node("handled", { code: "ok", way: true }, node("cause")));
    const { root: kept } = cutToCause({ traceId: "", root, omitted: 0 }, 8);
    expect(rootCauseOf(kept).node.service).toBe("cause");
    const deep = node(
      "root",
      {},
      node("a", { code: "ok", way: true }, node("b", { code: "ok" }, node("cause"))),
    );
    expect(rootCauseOf(cutToCause({ traceId: "", root: deep, omitted: 0 }, 2).root).node.service).toBe(
      "cause",
    );
  });

  test("stays a failure although what made it one is gone", () => {
    const root = node("root", { code: "not-found" }, node("a", { code: "not-found" }), node("b"));
    const { root: kept } = cutToCause({ traceId: "", root, omitted: 0 }, 2);
    expect([verdictOf(root), verdictOf(kept), kept.mixed]).toEqual(["failed", "failed", true]);
  });

  test("of any shape keeps cause, verdict, origin, the exported bit and an exact number", () => {
    const weight = ({ root, omitted }: ErrorTree): number => [...nodesOf(root)].length + omitted;
    const exported = ({ root }: ErrorTree): boolean => [...nodesOf(root)].some((n) => n.exported);
    fc.assert(
      fc.property(errorTrees({ depth: 7 }).map(withSpanIds), fc.integer({ min: 2, max: 8 }), (tree, most) => {
        const kept = cutToCause(tree, most);
        expect([...nodesOf(kept.root)].length).toBeLessThanOrEqual(most);
        expect(weight(kept)).toBe(weight(tree));
        expect(exported(kept)).toBe(exported(tree));
        expect(verdictOf(kept.root)).toBe(verdictOf(tree.root));
        expect(originOf(kept.root)).toBe(originOf(tree.root));
        expect(kept.root.spanId).toBe(tree.root.spanId);
        expect(rootCauseOf(kept.root).node.spanId).toBe(rootCauseOf(tree.root).node.spanId);
      }),
    );
  });

  test("of any depth and width is found in one visit of each node", () => {
    let visits = 0;
    const counted = (root: TreeNode): TreeNode => {
      const { children } = root;
      return Object.defineProperty({ ...root }, "children", {
        enumerable: true,
        get() {
          visits++;
          return children;
        },
      });
    };
    let deep = counted(node("cause"));
    for (let i = 0; i < 500; i++) deep = counted(node("s", {}, deep, counted(node("x"))));
    cutToCause({ traceId: "", root: deep, omitted: 0 }, 8);
    // The search for the cause looks at the children twice, and so does the judge of the verdict.
    expect(visits).toBeLessThanOrEqual(6 * 1001);
  });
});
