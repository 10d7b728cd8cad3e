import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildTrees } from "../../src/tree/build.ts";
import { rootCauseOf, verdictOf } from "../../src/tree/tree.ts";
import { expectedNode, projected, recordsOf, semanticsCases } from "../support/semantics.ts";

describe("the meaning of the tree, at the model's door", () => {
  for (const test of semanticsCases()) {
    it(test.name, () => {
      const [tree, ...more] = buildTrees(recordsOf(test));
      expect(more).toEqual([]);
      if (test.tree === "none") {
        expect(tree).toBeUndefined();
        return;
      }
      if (tree === undefined) throw new Error("no tree");
      expect(projected(tree.root, test.tree)).toEqual(expectedNode(test.tree));
      expect(verdictOf(tree.root)).toBe(test.verdict ?? verdictOf(tree.root));
      if (test.cause !== undefined) {
        const { node, ambiguous } = rootCauseOf(tree.root);
        expect([node.service, node.operation, ...(ambiguous ? ["ambiguous"] : [])]).toEqual(test.cause);
      }
    });

    it(`${test.name}: in any order of the spans`, () => {
      const expected = buildTrees(recordsOf(test));
      fc.assert(
        fc.property(fc.shuffledSubarray(recordsOf(test), { minLength: test.spans.length }), (records) => {
          expect(buildTrees(records)).toEqual(expected);
        }),
        { numRuns: 20 },
      );
    });
  }
});
