import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Source } from "../../../src/observatory/graph/cell.ts";
import { Counts, type CountsData } from "../../../src/observatory/graph/counts.ts";
import { OTHER } from "../../../src/observatory/graph/edge.ts";

const SOURCES: readonly Source[] = ["flow", "coarse", "spans", "ids", "inferred", "reversed"];

/** One thing that was seen. Durations are powers of two, so that their sums are exact in any order. */
const OBSERVATION = fc.record({
  time: fc.integer({ min: 0, max: 100_000 }),
  client: fc.constantFrom("a", "b", "__proto__", "constructor", "<img onerror>"),
  server: fc.constantFrom("b", "c", "toString", ""),
  source: fc.constantFrom(...SOURCES),
  failed: fc.boolean(),
  power: fc.integer({ min: -10, max: 4 }),
});
type Observation = typeof OBSERVATION extends fc.Arbitrary<infer T> ? T : never;

function count(counts: Counts, { time, client, server, source, failed, power }: Observation): void {
  const cell = counts.cell(time, { client, server, connectionType: "" }, source);
  cell.counts.requests++;
  if (failed) cell.counts.failures++;
  cell.counts.server.add(2 ** power);
  if (power > 0) cell.beganEarly(2 ** power);
  if (power < 0) cell.endedLate(2 ** power);
  counts.seen(client, time, source === "flow");
}

function countsOf(observations: readonly Observation[]): Counts {
  const counts = new Counts({ windowMs: 10_000 });
  for (const observation of observations) count(counts, observation);
  return counts;
}

/** The data in an order of its own, so that two can be compared. */
function sorted(counts: Counts): CountsData {
  const { windowMs, windows, services } = counts.toJSON();
  const byText = (one: unknown, other: unknown): number =>
    JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
  return {
    windowMs,
    windows: windows
      .map(({ start, cells, dropped }) => ({
        start,
        cells: cells.toSorted((one, other) =>
          byText([one.source, one.client, one.server], [other.source, other.client, other.server]),
        ),
        dropped: dropped.toSorted(),
      }))
      .sort((one, other) => one.start - other.start),
    services: services.toSorted(byText),
  };
}

function requestsIn(counts: Counts, from: number, to?: number): number {
  return [...counts.cells(from, to)].reduce((sum, cell) => sum + cell.counts.requests, 0);
}

describe("counts", () => {
  it("of the parts of a log, merged in any order, are those of the whole log", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(OBSERVATION, fc.integer({ min: 0, max: 3 })), { maxLength: 80 }),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        (log, order) => {
          const merged = new Counts({ windowMs: 10_000 });
          for (const part of order) {
            merged.merge(countsOf(log.filter(([, at]) => at === part).map(([observation]) => observation)));
          }
          expect(sorted(merged)).toEqual(sorted(countsOf(log.map(([observation]) => observation))));
        },
      ),
    );
  });

  it("come back from their own JSON, and a merge with it is a merge with them", () => {
    fc.assert(
      fc.property(fc.array(OBSERVATION), fc.array(OBSERVATION), (one, other) => {
        const parsed = Counts.from(JSON.parse(JSON.stringify(countsOf(one))));
        expect(sorted(parsed)).toEqual(sorted(countsOf(one)));
        parsed.merge(countsOf(other));
        expect(sorted(parsed)).toEqual(sorted(countsOf([...one, ...other])));
      }),
    );
  });

  it("of wider windows are those of the narrow ones in them, whether they came before or after", () => {
    fc.assert(
      fc.property(fc.array(OBSERVATION), fc.array(OBSERVATION), fc.nat(100_000), (before, after, time) => {
        const wide = new Counts({ windowMs: 2_000 });
        for (const observation of before) count(wide, observation);
        wide.widen(time, 10_000);
        for (const observation of after) count(wide, observation);
        const all = countsOf([...before, ...after]);
        const boundary = wide.startOf(time);
        for (let start = 0; start < boundary; start += 10_000) {
          expect(requestsIn(wide, start, start + 10_000)).toBe(requestsIn(all, start, start + 10_000));
        }
        expect(requestsIn(wide, boundary)).toBe(
          [...before, ...after].filter((one) => one.time >= boundary).length,
        );
        wide.widen(Number.MAX_SAFE_INTEGER, 10_000);
        const { windows, services } = sorted(wide);
        expect({ windows, services }).toEqual({
          windows: sorted(all).windows,
          services: sorted(all).services,
        });
        expect(wide.size).toBe([...wide.cells()].length);
      }),
    );
  });

  it("know their size, also after windows were dropped", () => {
    fc.assert(
      fc.property(fc.array(OBSERVATION), fc.integer({ min: 0, max: 120_000 }), (log, time) => {
        const counts = countsOf(log);
        counts.dropBefore(time);
        expect(counts.size).toBe([...counts.cells()].length);
        expect(counts.oldest ?? Number.POSITIVE_INFINITY).toBeGreaterThan(time - 10_000);
      }),
    );
  });

  it("know their memory, however they were filled, and drop the oldest windows if it is too much", () => {
    fc.assert(
      fc.property(
        fc.array(OBSERVATION, { maxLength: 60 }),
        fc.integer({ min: 0, max: 100_000 }),
        (all, most) => {
          const counts = new Counts({ windowMs: 2_000, mostBytes: most });
          for (const one of all) count(counts, one);
          counts.widen(30_000, 10_000);
          expect(Counts.from(counts.toJSON()).bytes).toBe(counts.bytes);
          // What is counted last may be beyond.
          expect(counts.bytes).toBeLessThan(most + 20_000);
          const newest = Math.max(...counts.starts(), 0);
          counts.dropBefore(newest);
          counts.dropWindow(newest);
          expect([counts.size, counts.bytes]).toEqual([0, 0]);
        },
      ),
    );
  });

  it("lose no request if there is no room for its edge: it counts as one from other to other, and the edge as dropped", () => {
    const counts = new Counts({ windowMs: 1_000, mostEdges: 3 });
    for (let i = 0; i < 100; i++) {
      counts.cell(i, { client: `c${i % 10}`, server: "s", connectionType: "" }, "flow").counts.requests++;
    }
    const cells = [...counts.cells()];
    expect(cells.map(({ key, counts: { requests } }) => [key.client, requests])).toEqual([
      ["c0", 10],
      ["c1", 10],
      ["c2", 10],
      [OTHER, 70],
    ]);
    expect(counts.droppedEdges()).toBe(7);
  });
});
