import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../support/random.ts";
import { median, medianInterval, quantile, ratioOf } from "./statistics.ts";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, place) => place + 1);
const numbers = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 6, maxLength: 60 });

describe("median and quantile", () => {
  it.each([
    { values: [3, 1, 2], share: 0.5, expected: 2 },
    { values: [4, 1, 3, 2], share: 0.5, expected: 2.5 },
    { values: [5, 4, 3, 2, 1], share: 0.25, expected: 2 },
    { values: [1, 2], share: 0.25, expected: 1.25 },
    { values: [7], share: 0.25, expected: 7 },
  ])("a share of $share of $values lies at or below $expected", ({ values, share, expected }) => {
    expect(quantile(values, share)).toBe(expected);
  });

  it("of nothing is no number", () => {
    expect(median([])).toBeNaN();
  });
});

describe("ratioOf", () => {
  it("divides round by round, and lower quartile by lower quartile", () => {
    expect(ratioOf([2, 6, 40], [1, 2, 10])).toEqual({ median: 3, least: 2, most: 4, quiet: 4 / 1.5 });
  });
});

describe("medianInterval", () => {
  // Ranks as in tables of the sign test, both sides together 5 %.
  it.each([
    { count: 6, low: 1, high: 6 },
    { count: 8, low: 1, high: 8 },
    { count: 9, low: 2, high: 8 },
    { count: 12, low: 3, high: 10 },
    { count: 20, low: 6, high: 15 },
    { count: 24, low: 7, high: 18 },
    { count: 25, low: 8, high: 18 },
    { count: 50, low: 18, high: 33 },
    { count: 100, low: 40, high: 61 },
    { count: 5000, low: 2431, high: 2570 },
  ])("of $count values reaches from place $low to place $high", ({ count, low, high }) => {
    expect(medianInterval(upTo(count))).toEqual({ low, high });
    expect(medianInterval(upTo(count).toReversed())).toEqual({ low, high });
  });

  it.each([0, 1, 5])("of %i values is none", (count) => {
    expect(medianInterval(upTo(count))).toBeUndefined();
  });

  it("contains the median of its values, and scales with them", () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const interval = medianInterval(values) as { low: number; high: number };
        expect(interval.low).toBeLessThanOrEqual(median(values));
        expect(interval.high).toBeGreaterThanOrEqual(median(values));
        const doubled = { low: interval.low * 2, high: interval.high * 2 };
        expect(medianInterval(values.map((value) => value * 2))).toEqual(doubled);
      }),
    );
  });

  it("does not move when the outermost values do", () => {
    fc.assert(
      fc.property(numbers, (values) => {
        fc.pre(values.length >= 9);
        const sorted = values.toSorted((a, b) => a - b);
        expect(medianInterval([-1e6, ...sorted.slice(1, -1), 1e6])).toEqual(medianInterval(sorted));
      }),
    );
  });

  it.each([6, 12, 24])("of %i values misses the true median in at most 5 of 100 cases", (count) => {
    const random = createRandom(count);
    // Skewed, as times on a loud machine are: squares of even numbers, with their median at a quarter.
    const draw = (): number => (random.below(1_000_001) / 1_000_000) ** 2;
    const cases = 4_000;
    let missed = 0;
    for (let i = 0; i < cases; i++) {
      const interval = medianInterval(Array.from({ length: count }, draw));
      if (interval === undefined || interval.low > 0.25 || interval.high < 0.25) missed++;
    }
    expect(missed / cases).toBeLessThan(0.05);
    expect(missed / cases).toBeGreaterThan(0.01);
  });
});
