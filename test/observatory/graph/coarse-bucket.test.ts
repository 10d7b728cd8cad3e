// What a wide bucket has counted stays within its bounds, all of it.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { addBetween } from "../../../src/observatory/graph/coarse-bucket.ts";
import { CONNECTOR_BOUNDS } from "../../../src/observatory/graph/connector-bounds.ts";
import { LogHistogram } from "../../../src/observatory/graph/log-histogram.ts";

test("of the connector's buckets every bound is answered exactly", () => {
  const counts = fc.array(fc.nat(5_000), {
    minLength: CONNECTOR_BOUNDS.length + 1,
    maxLength: CONNECTOR_BOUNDS.length + 1,
  });
  fc.assert(
    fc.property(counts, (buckets) => {
      const histogram = new LogHistogram();
      for (const [i, count] of buckets.entries()) {
        addBetween(histogram, CONNECTOR_BOUNDS[i - 1], CONNECTOR_BOUNDS[i], count);
      }
      let sum = 0;
      const wanted = buckets.slice(0, -1).map((count) => (sum += count));
      expect(histogram.atMost(CONNECTOR_BOUNDS)).toEqual(wanted);
      expect(histogram.count).toBe(buckets.reduce((all, one) => all + one, 0));
    }),
  );
});

test("whatever the highest bound is, what took longer did not keep it, and all else did", () => {
  const bounds = fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(bounds, fc.nat(1_000), fc.nat(1_000), (millis, within, beyond) => {
      // Narrower ones than two of our buckets cannot be told apart.
      const ascending = millis
        .sort((one, other) => one - other)
        .map((ms) => ms / 1000)
        .filter((bound, i, all) => i === 0 || bound > 1.2 * (all[i - 1] as number));
      const highest = ascending.at(-1) as number;
      const histogram = new LogHistogram();
      addBetween(histogram, ascending.at(-2), highest, within);
      addBetween(histogram, highest, undefined, beyond);
      expect(histogram.count).toBe(within + beyond);
      expect(histogram.atMost([highest])).toEqual([within]);
    }),
    { examples: [0.25, 0.5, 1, 2, 2.5, 5, 10, 15, 30].map((bound) => [[bound * 1000], 3, 970]) },
  );
});

test("a quantile lies where it would if all were spread evenly by their logarithm", () => {
  const histogram = new LogHistogram();
  addBetween(histogram, 0.4, 0.8, 1_000);
  expect(histogram.quantile(0.5)).toBeCloseTo(Math.sqrt(0.4 * 0.8), 1);
  expect(histogram.quantile(0.95)).toBeGreaterThan(0.7);
});

test("a bucket without an upper bound counts at its lower one", () => {
  const histogram = new LogHistogram();
  addBetween(histogram, 15, undefined, 3);
  expect(histogram.quantile(0.5)).toBeCloseTo(15, 0);
});

test("bounds may be any numbers: all is counted, and at once", () => {
  const bound = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(5e-324, 1e-300, 1e300),
  );
  fc.assert(
    fc.property(bound, bound, fc.integer({ min: 1, max: 1e12 }), (one, other, count) => {
      const histogram = new LogHistogram();
      const add = vi.spyOn(histogram, "add");
      addBetween(histogram, Math.min(one, other), Math.max(one, other), count);
      expect(add.mock.calls.length).toBeLessThan(400);
      expect(histogram.count).toBe(count);
    }),
    {
      examples: [
        [5e-324, 1e300, 5],
        [0, 5e-324, 5],
        [1e-300, 1e300, 1],
        [1e300, 1e301, 1],
      ],
    },
  );
});
