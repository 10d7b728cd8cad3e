// Why a root cause is the one that it is, in words that may leave the process.
import { describe, expect, test } from "vitest";
import { buildTrees } from "../../src/tree/build.ts";
import { alternativesOf, reasonsIn } from "../../src/tree/explain.ts";
import { formatTree } from "../../src/tree/format.ts";
import { createRedactor } from "../../src/tree/redact-node.ts";
import { TreeRedaction } from "../../src/tree/redacted-tree.ts";
import { type ErrorTree, rootCauseOf } from "../../src/tree/tree.ts";
import { causeCases, recordsOf, semanticsCases } from "../support/semantics.ts";

function treeOf(start: string, explain = true): ErrorTree {
  const found = [...semanticsCases(), ...causeCases()].find(({ name }) => name.startsWith(start));
  const [tree] = buildTrees(recordsOf(found as NonNullable<typeof found>), { explain });
  if (tree === undefined) throw new Error(`no tree in the case ${start}`);
  return tree;
}

describe("a tree says of its root cause", () => {
  test("by what the error names it", () => {
    expect(formatTree(treeOf("an optional call that failed first"))).toMatch(
      /<- root cause, because the error of shop names prices:80$/,
    );
  });

  test("by the attempt that stopped the node", () => {
    expect(formatTree(treeOf("the cache is down, then a retry fails as before"))).toMatch(
      /×2 {2}<- root cause, because nothing else is known to have stopped shop$/,
    );
  });

  test("nothing of the address in what leaves the process: nobody has redacted it", () => {
    const redact = createRedactor({}, () => undefined);
    const told = new TreeRedaction({ redact }).redact(treeOf("an optional call that failed first"));
    expect(formatTree(told)).toMatch(/<- root cause, because the error of shop names its address$/);
    expect(JSON.stringify(told.root.children)).not.toContain("prices:80");
  });

  test("no reason where nobody asked for one", () => {
    const tree = treeOf("an optional call that failed first", false);
    expect(JSON.stringify(tree)).not.toContain("because");
    expect(formatTree(tree)).toMatch(/<- root cause$/);
  });
});

test("attempts that became one node say why the one of them that stopped the node was judged so", () => {
  const { root } = treeOf("a retry that failed again is one node and the cause");
  expect([...reasonsIn(root).values()]).toEqual([
    ["choice: what stopped shop, for nothing else is known to have stopped shop"],
  ]);
});

test("every node about which something was decided says by which principle", () => {
  for (const found of [...semanticsCases(), ...causeCases()]) {
    const [tree] = buildTrees(recordsOf(found), { explain: true });
    if (tree === undefined) continue;
    for (const reason of [...reasonsIn(tree.root).values()].flat()) {
      expect(reason, found.name).toMatch(/^(?:time|report|going on|choice|sureness): .{10,}$/);
    }
  }
});

test("an ambiguous root cause names what else it may be", () => {
  for (const found of [...semanticsCases(), ...causeCases()]) {
    const [tree] = buildTrees(recordsOf(found));
    if (tree === undefined) continue;
    const cause = rootCauseOf(tree.root);
    const others = alternativesOf(cause);
    if (cause.ambiguous) expect(others.length, found.name).toBeGreaterThan(0);
    else expect(others).toEqual([]);
    // Beside itself: another one, or a node above it.
    for (const { node } of others) expect(node).not.toBe(cause.node);
  }
});
