// Everyday programs: the root cause is the one that the author of each would name.
import { describe, expect, it } from "vitest";
import { buildTrees } from "../../src/tree/build.ts";
import { rootCauseOf, verdictOf } from "../../src/tree/tree.ts";
import { causeCases, expectedNode, projected, recordsOf } from "../support/semantics.ts";

describe("the root cause of an everyday program", () => {
  for (const test of causeCases()) {
    it(test.name, () => {
      const [tree, ...more] = buildTrees(recordsOf(test));
      expect(more).toEqual([]);
      if (tree === undefined) throw new Error("no tree");
      const { node, ambiguous } = rootCauseOf(tree.root);
      expect([node.service, node.operation, ...(ambiguous ? ["ambiguous"] : [])]).toEqual(test.cause);
      expect(verdictOf(tree.root)).toBe(test.verdict ?? "failed");
      if (test.tree !== undefined) expect(projected(tree.root, test.tree)).toEqual(expectedNode(test.tree));
    });
  }

  it("is told by cases that each have a name of their own", () => {
    const names = causeCases().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(60);
  });
});
