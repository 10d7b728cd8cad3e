// Which edges a pattern matches, and which of two patterns is more specific.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareSpecificity,
  matchesEdge,
  readEdgePattern,
} from "../../../src/observatory/objectives/edge-pattern.ts";

const pattern = (text: string) => readEdgePattern(text) as NonNullable<ReturnType<typeof readEdgePattern>>;

test.each([
  ["checkout -> payment", { client: "checkout", server: "payment" }],
  ["  * ->  db ", { client: "*", server: "db" }],
  ["a->b -> c", { client: "a->b", server: "c" }],
  ["the shop -> a:b", { client: "the shop", server: "a:b" }],
  ["checkout", undefined],
  ["a->b", undefined],
  ["a -> b -> c", undefined],
  [" -> b", undefined],
  ["a -> ", undefined],
])("%j is read as %j", (text, edge) => {
  expect(readEdgePattern(text)).toEqual(edge);
});

describe("a pattern", () => {
  test.each([
    ["* -> db", "checkout", "db", true],
    ["* -> db", "checkout", "db2", false],
    ["pay* -> *-db", "payment", "orders-db", true],
    ["pay* -> *-db", "pay", "-db", true],
    ["pay* -> *-db", "repay", "orders-db", false],
    ["*a*b*c -> x", "aabbcc", "x", true],
    ["*a*b*c -> x", "aabbc ", "x", false],
    ["a.b -> x", "aXb", "x", false],
    ["Checkout -> x", "checkout", "x", false],
  ])("%j matches %j -> %j: %j", (text, client, server, matches) => {
    expect(matchesEdge(pattern(text), { client, server })).toBe(matches);
  });

  const part = fc.stringMatching(/^[ab.]{0,4}$/);

  test("matches what a regular expression would match", () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.stringMatching(/^[ab.]{0,12}$/),
        (parts, name) => {
          const expression = new RegExp(`^${parts.map((one) => one.replaceAll(".", "\\.")).join(".*")}$`);
          const edge = { client: parts.join("*"), server: "x" };
          expect(matchesEdge(edge, { client: name, server: "x" })).toBe(expression.test(name));
        },
      ),
    );
  });

  test("of many stars takes no time to fail", () => {
    const edge = { client: `${"a*".repeat(500)}b`, server: "x" };
    const start = performance.now();
    expect(matchesEdge(edge, { client: "a".repeat(5_000), server: "x" })).toBe(false);
    // As a regular expression it would run for longer than the universe has.
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

test("the callee's name decides, then the caller's: whole names first, then the letters of a pattern", () => {
  const texts = ["* -> *", "shop -> *", "* -> d*", "* -> db*", "* -> db", "s* -> db", "shop -> db"];
  for (let i = 1; i < texts.length; i++) {
    expect(compareSpecificity(pattern(texts[i] as string), pattern(texts[i - 1] as string))).toBeGreaterThan(
      0,
    );
  }
  expect(compareSpecificity(pattern("a* -> x"), pattern("*b -> y"))).toBe(0);
});
