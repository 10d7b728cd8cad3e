import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistogramData } from "../../../src/observatory/graph/log-histogram.ts";
import { type CheckedPoint, Increases } from "../../../src/observatory/intake/increases.ts";

const SECOND = 1_000_000;
const START = 1_800_000_000 * SECOND;

function point(values: Partial<CheckedPoint>): CheckedPoint {
  return {
    resource: "r",
    series: "s",
    isDelta: false,
    start: START,
    time: START + SECOND,
    value: 0,
    ...values,
  };
}

function total(points: readonly CheckedPoint[], increases = new Increases()): number {
  let sum = 0;
  for (const one of points) {
    const increase = increases.of(one);
    if (typeof increase === "number") sum += increase;
  }
  return sum;
}

/** The life of one process: cumulative values at growing times. */
const LIFE = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 50 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((steps) => {
    let [time, value] = [0, 0];
    return steps.map(([seconds, more]) => {
      time += seconds;
      value += more;
      return { seconds: time, value };
    });
  });

describe("increases", () => {
  it("of a cumulative series are its last value, in whatever order and however often its points come", () => {
    fc.assert(
      fc.property(
        LIFE.chain((life) => {
          const points = life.map(({ seconds, value }) => point({ time: START + seconds * SECOND, value }));
          return fc
            .tuple(fc.shuffledSubarray(points, { minLength: points.length }), fc.shuffledSubarray(points))
            .map(([all, again]) => ({ points: [...all, ...again], last: life.at(-1)?.value }));
        }),
        ({ points, last }) => {
          // Something of the resource was there from its start, so that each point counts from 0.
          const increases = new Increases();
          increases.of(point({ series: "first", time: START + 1 }));
          expect(total(points, increases)).toBe(last);
        },
      ),
    );
  });

  it("of several lives of a process are the sum of their last values: its start time tells them apart", () => {
    fc.assert(
      fc.property(fc.array(LIFE, { minLength: 1, maxLength: 4 }), (lives) => {
        const points = lives.flatMap((life, i) => {
          const start = START + i * 3_600 * SECOND;
          return life
            .filter(({ seconds }, at) => at > 0 || seconds <= 120)
            .map(({ seconds, value }) => point({ start, time: start + seconds * SECOND, value }));
        });
        const lasts = lives.map((life) => {
          const kept = life.filter(({ seconds }, at) => at > 0 || seconds <= 120);
          const [first] = kept;
          // A life that is older when it is first seen counts from there.
          const before = first !== undefined && first.seconds > 120 ? first.value : 0;
          return (kept.at(-1)?.value ?? 0) - before;
        });
        expect(total(points)).toBe(lasts.reduce((sum, last) => sum + last, 0));
      }),
    );
  });

  it("without a start time begin anew when the value falls", () => {
    const values = [5, 9, 2, 4];
    const points = values.map((value, i) => point({ start: 0, time: START + i * SECOND, value }));
    // Of the first point it is not known when it began.
    expect(total(points)).toBe(4 + 2 + 2);
  });

  it("of a process that runs for long when it is first seen begin there", () => {
    const late = START + 500 * SECOND;
    expect(total([point({ time: late, value: 1_000 }), point({ time: late + SECOND, value: 1_003 })])).toBe(
      3,
    );
  });

  it("of a new series of a process that is known for long count from its first point", () => {
    const increases = new Increases();
    const late = START + 500 * SECOND;
    increases.of(point({ time: late, value: 1_000 }));
    expect(increases.of(point({ series: "new", time: late + 10 * SECOND, value: 7 }))).toBe(7);
    expect(increases.of(point({ series: "also old", time: late, value: 7 }))).toBe("known");
  });

  it("of a resource that is old when it is first seen begin with all that is sent at once, each point with a time of its own", () => {
    // A Collector's connector reads the clock anew for each edge.
    const increases = new Increases();
    const late = START + 500 * SECOND;
    const first = [0, 1, 2, 40_000].map((micros) =>
      point({ series: `${micros}`, time: late + micros, value: 1_000 }),
    );
    expect(total(first, increases)).toBe(0);
    const next = [0, 1, 2, 40_000, 50_000].map((micros) =>
      point({ series: `${micros}`, time: late + 15 * SECOND + micros, value: 1_001 }),
    );
    // The last one is new.
    expect(total(next, increases)).toBe(4 + 1_001);
  });

  it("of a point that begins when it ends are not known: whoever sent it did not know since when it counts", () => {
    const late = START + 500 * SECOND;
    const points = [0, 10].map((seconds) =>
      point({ start: late, time: late + seconds * SECOND, value: 1_000 + seconds }),
    );
    expect(total(points)).toBe(10);
  });

  it("of a series that was forgotten, and begins anew while its resource goes on, are its value", () => {
    const increases = new Increases();
    const at = (minutes: number): number => START + minutes * 60 * SECOND;
    const hourly = [5, 5, 7, 3].map((value, hour) =>
      point({ series: "hourly", time: at(hour * 60 + 1), value }),
    );
    const always = Array.from({ length: 200 }, (_, i) =>
      point({ series: "always", time: at(i + 1), value: i }),
    );
    const points = [...hourly, ...always].sort((one, other) => one.time - other.time);
    expect(total(points, increases)).toBe(5 + 5 + 7 + 3 + 199);
  });

  it("of a resource that was away for long are what came meanwhile", () => {
    const at = (minutes: number): number => START + minutes * 60 * SECOND;
    const points = [1, 2, 60, 61].flatMap((minutes) =>
      ["one", "other"].map((series) => point({ series, time: at(minutes), value: minutes })),
    );
    expect(total(points)).toBe(2 * 61);
  });

  it("of deltas are their values, each once", () => {
    const points = [1, 2, 3].map((value) => point({ isDelta: true, time: START + value * SECOND, value }));
    expect(total([...points, ...points])).toBe(6);
  });

  it("of histograms are taken bucket by bucket", () => {
    const increases = new Increases();
    const later = START + 2 * SECOND;
    increases.of(point({ value: { offset: 2, counts: [1, 0, 2], sum: 3 } }));
    expect(increases.of(point({ time: later, value: { offset: 1, counts: [4, 1, 1, 2], sum: 9 } }))).toEqual({
      ...{ offset: 1, counts: [4, 0, 1, 0], sum: 6 },
    });
  });

  it("of histograms whose buckets have become wider are as many as came", () => {
    const increases = new Increases();
    const later = START + 2 * SECOND;
    increases.of(point({ value: { offset: 0, counts: [3, 1, 1, 0], sum: 3 } }));
    const increase = increases.of(point({ time: later, value: { offset: 0, counts: [0, 5, 0, 2], sum: 9 } }));
    expect((increase as HistogramData).counts.reduce((sum, count) => sum + count)).toBe(2);
    const less = { offset: 0, counts: [0, 1], sum: 1 };
    expect(increases.of(point({ time: later + SECOND, value: less }))).toEqual(less);
  });

  it("have no room for more series, unless one is older than an hour", () => {
    const increases = new Increases(2);
    expect(increases.of(point({ series: "1", value: 1 }))).toBe(1);
    expect(increases.of(point({ series: "2", value: 1 }))).toBe(1);
    expect(increases.of(point({ series: "3", value: 1 }))).toBe("full");
    const late = START + 3_700 * SECOND;
    expect(increases.of(point({ series: "3", start: late - SECOND, time: late, value: 1 }))).toBe(1);
    expect(increases.size).toBe(1);
  });
});
