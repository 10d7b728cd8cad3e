import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EdgeCounts } from "../../../src/observatory/graph/edge.ts";
import { LogHistogram } from "../../../src/observatory/graph/log-histogram.ts";

/** From a microsecond to a day, spread over all doublings. */
const DURATION = fc.double({ min: -19, max: 16, noNaN: true }).map((power) => 2 ** power);
const DURATIONS = fc.array(DURATION, { minLength: 1, maxLength: 60 });

function histogramOf(durations: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const duration of durations) histogram.add(duration);
  return histogram;
}

describe("a histogram of durations", () => {
  it("knows every quantile to within 4.5 %", () => {
    fc.assert(
      fc.property(DURATIONS, fc.double({ min: 0, max: 1, noNaN: true }), (durations, q) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
        const measured = histogramOf(durations).quantile(q) as number;
        expect(Math.abs(measured / exact - 1)).toBeLessThan(0.045);
      }),
    );
  });

  it("merged holds what one histogram of all holds, in any order", () => {
    fc.assert(
      fc.property(DURATIONS, DURATIONS, (left, right) => {
        const merged = histogramOf(left);
        merged.merge(histogramOf(right));
        const { sum, ...buckets } = histogramOf([...right, ...left]).toJSON();
        expect(merged.toJSON()).toMatchObject(buckets);
        expect(merged.sum).toBeCloseTo(sum, 6);
        expect(merged.count).toBe(left.length + right.length);
      }),
    );
  });

  it("comes back from its own data", () => {
    fc.assert(
      fc.property(DURATIONS, (durations) => {
        const histogram = histogramOf(durations);
        expect(LogHistogram.from(JSON.parse(JSON.stringify(histogram))).toJSON()).toEqual(histogram.toJSON());
      }),
    );
  });

  it("counts what is no longer than a bound, to within the width of a bucket", () => {
    fc.assert(
      fc.property(DURATIONS, DURATION, (durations, bound) => {
        const [counted = 0] = histogramOf(durations).atMost([bound]);
        const within = (width: number) => durations.filter((duration) => duration <= bound * width).length;
        expect(counted).toBeGreaterThanOrEqual(within(1 / 1.091));
        expect(counted).toBeLessThanOrEqual(within(1.091));
      }),
    );
  });

  it("takes what no clock should say", () => {
    const histogram = histogramOf([-1, 0, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-300]);
    expect(histogram.count).toBe(5);
    expect(histogram.toJSON().counts.length).toBeLessThan(400);
  });

  it("of nothing has no quantile", () => {
    expect(new LogHistogram().quantile(0.95)).toBeUndefined();
  });

  it("leaves out data that is no count", () => {
    const data = { offset: 0, counts: [1, -5, Number.NaN, 2], sum: Number.NaN };
    expect(LogHistogram.from(data)).toMatchObject({ count: 3, sum: 0 });
  });
});

describe("counts of an edge", () => {
  it("add up, and come back from their own data", () => {
    const counts = new EdgeCounts();
    counts.requests = 3;
    counts.failures = 1;
    counts.missing = 2;
    counts.server.add(0.2);
    const sum = new EdgeCounts(JSON.parse(JSON.stringify(counts)));
    sum.merge(counts);
    expect(sum).toMatchObject({ requests: 6, failures: 2, missing: 4, arrived: 0 });
    expect(sum.server.count).toBe(2);
  });
});
