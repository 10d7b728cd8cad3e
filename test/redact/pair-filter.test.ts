// A phrase that a text contains is never ruled out.
import fc from "fast-check";
import { expect, test } from "vitest";
import { PairFilter, pairsOf } from "../../src/redact/pair-filter.ts";

const text = fc.string({ unit: "binary", maxLength: 60 });

test("whatever the text, its phrases may be in it", () => {
  const filter = new PairFilter();
  fc.assert(
    fc.property(text, text, text, (before, phrase, behind) => {
      filter.read(before + phrase + behind);
      expect(filter.mayHold(pairsOf(phrase))).toBe(true);
    }),
  );
});

test("a text read before leaves nothing behind, and most other phrases are ruled out", () => {
  const filter = new PairFilter();
  filter.read("Duplicate entry 'x' for key 'users.name'");
  filter.read("connect ECONNREFUSED 10.0.0.1:5432");
  expect(filter.mayHold(pairsOf("Duplicate entry '"))).toBe(false);
  expect(filter.mayHold(pairsOf("Key ("))).toBe(false);
});
