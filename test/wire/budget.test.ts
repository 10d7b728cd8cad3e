// What goes first when a tree does not fit, and what never goes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countNodes,
  type ErrorTree,
  isFailed,
  nodesOf,
  originOf,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../../src/tree/tree.ts";
import { pruneTree } from "../../src/wire/fit.ts";
import { writeTree } from "../../src/wire/json.ts";
import { errorTrees, withSpanIds } from "../support/arbitrary-tree.ts";
import { node } from "../support/nodes.ts";
import { WIDE } from "../support/wire/wire-trees.ts";

function treeOf(root: TreeNode, omitted = 0): ErrorTree {
  return { traceId: "", root, omitted };
}

/** The tree as nested names, `root(a(b) c)`, a gap as `+2`. */
function stub(root: TreeNode): string {
  const gap = root.hops === undefined ? "" : `+${root.hops}`;
  const beneath = root.children.map(stub).join(" ");
  return `${root.service}${gap}${beneath === "" ? "" : `(${beneath})`}`;
}

function size(tree: ErrorTree): number {
  return writeTree(tree.root, { omitted: tree.omitted }, WIDE.valueBytes, WIDE)?.length ?? Infinity;
}

const inNodes = (most: number) => (tree: ErrorTree) => countNodes(tree.root) <= most;
const inBytes = (most: number) => (tree: ErrorTree) => size(tree) <= most;

/** Messages and frames count, nodes do not: a format where only text takes room. */
const inText = (most: number) => (tree: ErrorTree) => {
  let text = 0;
  for (const { message = "", frames = [] } of nodesOf(tree.root))
    text += message.length + frames.join("").length;
  return text <= most;
};

describe("text", () => {
  const long = "x".repeat(200);
  const root = node(
    "root",
    { message: long, frames: ["f".repeat(50)] },
    node("cause", { message: long, frames: ["f".repeat(50)] }),
  );
  const steps: [string, number, (number | undefined)[], number][] = [
    ["everything stays where it fits", 500, [200, 200], 2],
    ["frames go first", 499, [200, 200], 0],
    ["then messages are cut to 96", 399, [96, 96], 0],
    ["then to 32, but the cause's", 191, [32, 96], 0],
    ["then they go, but the cause's", 127, [undefined, 96], 0],
    ["then the cause's is cut to 32", 95, [undefined, 32], 0],
    ["at last it goes, too", 31, [undefined, undefined], 0],
  ];
  test.each(steps)("%s", (_, room, lengths, frames) => {
    const nodes = [...nodesOf(pruneTree(treeOf(root), inText(room))?.root as TreeNode)];
    expect(nodes.map((n) => n.message?.length)).toStrictEqual(lengths);
    expect(nodes.filter((n) => n.frames !== undefined)).toHaveLength(frames);
  });

  test("a tree that fits is handed back as it is", () => {
    const tree = treeOf(root);
    expect(pruneTree(tree, () => true)).toBe(tree);
  });

  test("text comes back where removed nodes made room for it", () => {
    const children = Array.from({ length: 50 }, (_, i) => node(`s${i}`, { message: long }));
    const pruned = pruneTree(treeOf(node("root", { message: "short" }, ...children)), inNodes(2));
    expect(pruned?.root.message).toBe("short");
    expect(pruned?.root.children[0]?.message).toBe(long);
  });
});

describe("nodes", () => {
  test("handled subtrees go before failed siblings", () => {
    const root = node("root", {}, node("cause"), node("handled", { code: "ok" }, node("x")), node("sibling"));
    expect(stub(pruneTree(treeOf(root), inNodes(4))?.root as TreeNode)).toBe("root(cause sibling)");
  });

  test("a sibling that equals a kept one but for the message goes before one that differs", () => {
    const twin = (message: string) => node("twin", { message }, node("leaf", { message }));
    const root = node("root", {}, twin("one"), node("other"), twin("two"));
    expect(stub(pruneTree(treeOf(root), inNodes(4))?.root as TreeNode)).toBe("root(twin(leaf) other)");
  });

  test("the farther from the cause a failure is, the earlier it goes, and the last of equals first", () => {
    const root = node(
      "root",
      {},
      node("a", {}, node("b"), node("c")),
      node("d", {}, node("e"), node("f")),
      node("g"),
    );
    const stubs = [7, 6, 5, 3].map((room) => stub(pruneTree(treeOf(root), inNodes(room))?.root as TreeNode));
    expect(stubs).toStrictEqual(["root(a(b c) d(e) g)", "root(a(b c) d(e))", "root(a(b c))", "root(a(b))"]);
  });

  test("the middle of the cause path goes last, and the node beneath the gap tells how many", () => {
    const root = node("root", {}, node("a", {}, node("b", {}, node("c", {}, node("d", {}, node("cause"))))));
    const stubs = [6, 5, 4, 3, 2].map((room) =>
      stub(pruneTree(treeOf(root), inNodes(room))?.root as TreeNode),
    );
    expect(stubs).toStrictEqual([
      "root(a(b(c(d(cause)))))",
      "root(a(c+1(d(cause))))",
      "root(a(d+2(cause)))",
      "root(d+3(cause))",
      "root(cause+4)",
    ]);
  });

  test("hops of nodes in the gap add up, and are not counted as omitted again", () => {
    const root = node("root", {}, node("a", { hops: 2 }, node("b", {}, node("cause", { hops: 3 }))));
    const pruned = pruneTree(treeOf(root, 5), inNodes(2));
    expect(pruned?.root.children[0]?.hops).toBe(7);
    expect(pruned?.omitted).toBe(7);
  });

  test("above handled failures the path to their cause stays", () => {
    const root = node(
      "root",
      { code: "ok" },
      node("way", { code: "ok" }, node("cause")),
      node("x"),
      node("way2", { code: "ok" }, node("y")),
    );
    expect(rootCauseOf(root).node.service).toBe("x");
    expect(stub(pruneTree(treeOf(root), inNodes(2))?.root as TreeNode)).toBe("root(x)");
  });

  test("survived failures before the cause do not become the cause", () => {
    const root = node(
      "root",
      {},
      node("retry", { survived: true }),
      node("cause", {}, node("deep")),
      node("later"),
    );
    expect(stub(pruneTree(treeOf(root), inNodes(3))?.root as TreeNode)).toBe("root(cause(deep))");
  });

  test("nothing is handed back where root and cause do not fit", () => {
    expect(pruneTree(treeOf(node("root", {}, node("a", {}, node("cause")))), inNodes(1))).toBeUndefined();
  });

  test("a collapsed node is one entry of omitted", () => {
    const pruned = pruneTree(treeOf(node("root", {}, node("a"), node("b", { count: 3 }))), inNodes(2));
    expect(pruned?.omitted).toBe(1);
  });

  test("the same object in a list twice is two nodes", () => {
    const leaf = node("leaf");
    const pruned = pruneTree(treeOf(node("root", {}, leaf, leaf, leaf)), inNodes(2));
    expect(stub(pruned?.root as TreeNode)).toBe("root(leaf)");
    expect(pruned?.omitted).toBe(2);
  });
});

describe("marks", () => {
  test("what was exported moves to the nearest kept node above", () => {
    const root = node("root", {}, node("a", {}, node("cause"), node("b", {}, node("c", { exported: true }))));
    const pruned = pruneTree(treeOf(root), inNodes(3));
    expect(stub(pruned?.root as TreeNode)).toBe("root(a(cause))");
    expect(pruned?.root.exported).toBeUndefined();
    expect(pruned?.root.children[0]?.exported).toBe(true);
  });

  test("across a gap it moves to the node above the gap", () => {
    const root = node("root", {}, node("a", {}, node("b", { exported: true }, node("cause"))));
    const pruned = pruneTree(treeOf(root), inNodes(3));
    expect(stub(pruned?.root as TreeNode)).toBe("root(b+1(cause))");
    expect(pruneTree(treeOf(root), inNodes(2))?.root.exported).toBe(true);
  });

  test("a failure that would look like a rejection is marked as mixed", () => {
    const code = "not-found" as const;
    const root = node("root", { code }, node("cause", { code }), node("fault", { code: "internal" }));
    const pruned = pruneTree(treeOf(root), inNodes(2));
    expect(pruned?.root).toMatchObject({ mixed: true, children: [{ service: "cause" }] });
  });

  test("a rejection is not marked", () => {
    const code = "not-found" as const;
    const root = node("root", { code }, node("cause", { code }), node("more", { code }));
    expect(pruneTree(treeOf(root), inNodes(2))?.root.mixed).toBeUndefined();
  });
});

describe("whatever the tree and the room", () => {
  const trees = errorTrees().map(withSpanIds);
  const rooms = fc.oneof(
    fc.integer({ min: 1, max: 30 }).map((most) => ({ most, fits: inNodes(most) })),
    fc.integer({ min: 0, max: 4000 }).map((most) => ({ most, fits: inBytes(most) })),
  );

  function check(fact: (full: ErrorTree, pruned: ErrorTree) => void): void {
    fc.assert(
      fc.property(trees, rooms, (full, { fits }) => {
        const pruned = pruneTree(full, fits);
        if (pruned === undefined) return;
        expect(fits(pruned)).toBe(true);
        fact(full, pruned);
      }),
      { numRuns: 500 },
    );
  }

  const byId = (root: TreeNode) => new Map([...nodesOf(root)].map((n) => [n.spanId, n]));

  test("the root and its first root cause stay", () => {
    check((full, pruned) => {
      expect(pruned.root.spanId).toBe(full.root.spanId);
      const [was, is] = [rootCauseOf(full.root).node, rootCauseOf(pruned.root).node];
      expect([is.spanId, is.service, is.operation, is.code]).toStrictEqual([
        was.spanId,
        was.service,
        was.operation,
        was.code,
      ]);
    });
  });

  test("omitted is exact", () => {
    check((full, pruned) => {
      expect(countNodes(pruned.root) + pruned.omitted).toBe(countNodes(full.root) + full.omitted);
    });
  });

  test("a failure keeps its origin", () => {
    check((full, pruned) => {
      const was = byId(full.root);
      for (const is of nodesOf(pruned.root)) {
        if (isFailed(is)) expect(originOf(is)).toBe(originOf(was.get(is.spanId) as TreeNode));
      }
    });
  });

  test("the verdict stays", () => {
    check((full, pruned) => expect(verdictOf(pruned.root)).toBe(verdictOf(full.root)));
  });

  test("exported is neither lost nor invented", () => {
    check((full, pruned) => {
      const any = (root: TreeNode) => [...nodesOf(root)].some((n) => n.exported);
      expect(any(pruned.root)).toBe(any(full.root));
      const was = byId(full.root);
      for (const is of nodesOf(pruned.root)) {
        if (is.exported) expect(any(was.get(is.spanId) as TreeNode)).toBe(true);
      }
    });
  });

  test("the root cause is the same, and as sure as before", () => {
    check((full, pruned) => {
      const [was, is] = [rootCauseOf(full.root), rootCauseOf(pruned.root)];
      expect(is.node.spanId).toBe(was.node.spanId);
      expect(is.ambiguous).toBe(was.ambiguous);
    });
  });

  test("kept nodes stand in their order, and differ in nothing but text, marks and hops", () => {
    check((full, pruned) => {
      const order = [...nodesOf(full.root)].map((n) => n.spanId);
      const kept = [...nodesOf(pruned.root)].map((n) => order.indexOf(n.spanId));
      expect(kept).toStrictEqual([...kept].sort((a, b) => a - b));
      const was = byId(full.root);
      for (const is of nodesOf(pruned.root)) {
        const before = was.get(is.spanId) as TreeNode;
        expect(before.message ?? "").toContain(is.message ?? "");
        const same = {
          message: 0,
          frames: 0,
          causes: 0,
          exported: 0,
          mixed: 0,
          hops: 0,
          survived: 0,
          own: 0,
          unsure: 0,
          way: 0,
          children: 0,
          pendingMs: 0,
        };
        const kinds = [{ stub: is.stub?.kind }, { stub: before.stub?.kind }];
        expect({ ...is, ...same, ...kinds[0] }).toStrictEqual({ ...before, ...same, ...kinds[1] });
      }
    });
  });

  test("root and cause with room for both are never given up", () => {
    fc.assert(
      fc.property(trees, (full) => {
        expect(pruneTree(full, inNodes(2))).toBeDefined();
        expect(pruneTree(full, () => false)).toBeUndefined();
      }),
    );
  });
});

describe("stubs of spans", () => {
  const withStub = (service: string, startMs: number, ...children: TreeNode[]): TreeNode =>
    node(service, { stub: { kind: "server", startMs, durationMs: 9 } }, ...children);

  test("times go after the frames and before any message", () => {
    const root = node("root", {}, { ...withStub("a", 1), message: "x".repeat(200), frames: ["f"] });
    const full = treeOf(root);
    const fitting: unknown[] = [];
    pruneTree(full, (tree) => {
      const { frames, stub, message } = tree.root.children[0] as TreeNode;
      fitting.push({ frames: frames !== undefined, stub, chars: message?.length });
      return frames === undefined && stub?.startMs === undefined;
    });
    expect(fitting).toContainEqual({
      frames: false,
      stub: { kind: "server", startMs: 1, durationMs: 9 },
      chars: 200,
    });
    const pruned = pruneTree(full, (tree) => tree.root.children[0]?.stub?.startMs === undefined);
    expect(pruned?.root.children[0]).toMatchObject({ message: "x".repeat(200), stub: { kind: "server" } });
  });

  test("causes go after the times and before any message", () => {
    const full = treeOf(
      node("root", {}, { ...withStub("a", 1), message: "x".repeat(200), causes: ["Error: c"] }),
    );
    const pruned = pruneTree(full, (tree) => tree.root.children[0]?.causes === undefined);
    expect(pruned?.root.children[0]).toMatchObject({ message: "x".repeat(200), stub: { kind: "server" } });
    const kept = pruneTree(full, (tree) => tree.root.children[0]?.stub?.startMs === undefined);
    expect(kept?.root.children[0]?.causes).toEqual(["Error: c"]);
  });

  test("kinds stay: who is above must know which spans nobody wrote", () => {
    const pruned = pruneTree(treeOf(node("root", {}, withStub("a", 1))), (tree) => {
      return tree.root.children[0]?.stub?.startMs === undefined;
    });
    expect(pruned?.root.children[0]?.stub).toStrictEqual({ kind: "server" });
  });

  test("starts add up across a gap, and are unknown where one in it is not known", () => {
    const path = (middle: TreeNode): TreeNode => withStub("root", 0, withStub("a", 2, middle));
    const cause = withStub("cause", 5);
    const known = pruneTree(treeOf(path(withStub("b", 3, cause))), inNodes(2));
    expect(known?.root.children[0]?.stub).toStrictEqual({ kind: "server", startMs: 10, durationMs: 9 });
    const unknown = pruneTree(treeOf(path(node("b", { exported: true }, cause))), inNodes(2));
    expect(unknown?.root.children[0]?.stub).toStrictEqual({ kind: "server" });
  });
});

describe("large trees", () => {
  function trials(root: TreeNode, bytes: number): { pruned: ErrorTree | undefined; count: number } {
    let count = 0;
    const pruned = pruneTree(treeOf(root), (tree) => {
      count++;
      return writeTree(tree.root, { omitted: tree.omitted }, bytes, WIDE) !== undefined;
    });
    return { pruned, count };
  }

  test("10,000 siblings take few trials", () => {
    const children = Array.from({ length: 10_000 }, (_, i) =>
      node(`service-${i}`, { message: `failed ${i}` }),
    );
    const { pruned, count } = trials(node("root", {}, ...children), 1024);
    expect(count).toBeLessThan(30);
    expect(countNodes(pruned?.root as TreeNode) + (pruned?.omitted ?? 0)).toBe(10_001);
    expect(pruned?.root.children[0]?.message).toBe("failed 0");
  });

  test("a path of 5,000 nodes takes few trials, and both ends stay", () => {
    let root = node("cause", { message: "the cause" });
    for (let depth = 1; depth < 5000; depth++) root = node(`service-${depth}`, {}, root);
    const { pruned, count } = trials(root, 1024);
    expect(count).toBeLessThan(30);
    expect(pruned?.root.service).toBe("service-4999");
    expect(rootCauseOf(pruned?.root as TreeNode).node).toMatchObject({
      service: "cause",
      message: "the cause",
    });
    expect(countNodes(pruned?.root as TreeNode) + (pruned?.omitted ?? 0)).toBe(5000);
  });

  test("a comb of 5,000 nodes with a failed sibling each takes few trials", () => {
    let root = node("cause");
    for (let depth = 1; depth < 5000; depth++)
      root = node(`service-${depth}`, {}, root, node(`sibling-${depth}`));
    const { pruned, count } = trials(root, 1024);
    expect(count).toBeLessThan(32);
    expect(rootCauseOf(pruned?.root as TreeNode).node.service).toBe("cause");
  });
});
