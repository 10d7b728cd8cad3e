// Which failing trees the limiter lets out, and that it loses count of none.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Bucket,
  burstOf,
  Limiter,
  type LimiterOptions,
  type Settled,
} from "../../../src/export/limit/limiter.ts";
import type { BuiltTree } from "../../../src/tree/told-tree.ts";
import { builtTree } from "../../support/built-tree.ts";
import { ManualClock } from "../../support/sdk.ts";

const OPTIONS: LimiterOptions = {
  maxExportsPerSecond: 10,
  maxNovelPerMinute: 60,
  firstPerKind: 3,
  kindIntervalMs: 10_000,
  maxKinds: 512,
};

/** The tree of a kind of its own; the name may have no digits in it. */
function failing(name: string, traceId = "0af7651916cd43dd8448eb211c80319c"): BuiltTree {
  const root = {
    service: "shop",
    operation: `GET /${name}`,
    code: "internal",
    count: 1,
    children: [],
  } as const;
  return builtTree({ traceId, root, omitted: 0 });
}

/** A name of its own for every number, in letters that no id is made of. */
function nameOf(index: number): string {
  return [...index.toString(20)].map((digit) => "ghijklmnopqrstuvwxyz"[Number.parseInt(digit, 20)]).join("");
}

/** A limiter, its clock, and a book of what went in and what came out. */
class Desk {
  readonly clock = new ManualClock();
  readonly limiter: Limiter;
  readonly settled: Settled[] = [];
  counted = 0;
  told = 0;

  constructor(options: Partial<LimiterOptions> = {}) {
    this.limiter = new Limiter({ ...OPTIONS, ...options }, this.clock);
  }

  /** What `represents` says where the tree is exported; `undefined` where it is not. */
  root(name: string): number | undefined {
    return this.decide(name, "root", true).represents;
  }

  asked(name: string): boolean {
    return this.decide(name, "ordinary", false).exported;
  }

  decide(name: string, bucket: Bucket, counted: boolean): ReturnType<Limiter["decide"]> {
    return this.#booked(counted, this.limiter.decide({ tree: failing(name), bucket, counted }));
  }

  force(name: string, counted = true): ReturnType<Limiter["decide"]> {
    return this.#booked(counted, this.limiter.noteForced({ tree: failing(name), counted }));
  }

  sweep(): Settled[] {
    return this.#settle(this.limiter.sweep());
  }

  drain(): Settled[] {
    return this.#settle(this.limiter.drain());
  }

  #booked(counted: boolean, decision: ReturnType<Limiter["decide"]>): ReturnType<Limiter["decide"]> {
    if (counted) this.counted++;
    this.told += decision.represents ?? 0;
    return decision;
  }

  #settle(settled: Settled[]): Settled[] {
    for (const { represents } of settled) this.told += represents;
    this.settled.push(...settled);
    return settled;
  }
}

describe("a kind", () => {
  test("passes three times, then once in its interval", () => {
    const desk = new Desk();
    const exports: number[] = [];
    for (let second = 0; second <= 60; second++) {
      for (let i = 0; i < 20; i++) if (desk.root("a") !== undefined) exports.push(second);
      desk.clock.advance(1000);
    }
    expect(exports).toEqual([0, 0, 0, 10, 20, 30, 40, 50, 60]);
  });

  test("tells with each export how many trees it stands for", () => {
    const desk = new Desk();
    expect([desk.root("a"), desk.root("a"), desk.root("a")]).toEqual([1, 1, 1]);
    for (let i = 0; i < 41; i++) expect(desk.root("a")).toBeUndefined();
    expect(desk.limiter.pending()).toBe(41);
    desk.clock.advance(10_000);
    expect(desk.root("a")).toBe(42);
    expect(desk.limiter.pending()).toBe(0);
  });

  test("stands for no tree of another", () => {
    const desk = new Desk({ firstPerKind: 1 });
    for (const name of ["a", "b", "a", "a", "b"]) desk.root(name);
    desk.clock.advance(10_000);
    expect([desk.root("a"), desk.root("b")]).toEqual([3, 2]);
  });

  test("of trees that are not counted passes alike, and represents nothing", () => {
    const desk = new Desk();
    for (let i = 0; i < 3; i++) expect(desk.decide("a", "ordinary", false)).toEqual({ exported: true });
    expect(desk.decide("a", "ordinary", false)).toEqual({ exported: false });
    expect(desk.limiter.pending()).toBe(0);
    expect(desk.root("a")).toBeUndefined();
    desk.clock.advance(10_000);
    // What is exported without being counted leaves what is pending to the next that is.
    expect(desk.asked("a")).toBe(true);
    expect(desk.limiter.pending()).toBe(1);
    desk.clock.advance(10_000);
    expect(desk.root("a")).toBe(2);
  });

  test("that was not seen for ten minutes is new again", () => {
    const desk = new Desk({ firstPerKind: 2 });
    const three = (): (number | undefined)[] => [desk.root("a"), desk.root("a"), desk.root("a")];
    expect(three()).toEqual([1, 1, undefined]);
    desk.clock.advance(599_999);
    expect(three()).toEqual([2, undefined, undefined]);
    desk.clock.advance(600_000);
    expect(three()).toEqual([1, 1, undefined]);
    expect(
      desk
        .drain()
        .map(({ represents }) => represents)
        .toSorted(),
    ).toEqual([1, 2]);
    expect(desk.told).toBe(desk.counted);
  });

  test("with an interval longer than that keeps to it", () => {
    const desk = new Desk({ firstPerKind: 1, kindIntervalMs: 3_600_000 });
    expect(desk.root("a")).toBe(1);
    desk.clock.advance(3_599_999);
    expect(desk.root("a")).toBeUndefined();
    desk.clock.advance(1);
    expect(desk.root("a")).toBe(2);
  });

  test("with an interval of nothing is bounded by the cap alone", () => {
    const desk = new Desk({ kindIntervalMs: 0, maxNovelPerMinute: 1, maxExportsPerSecond: 100 });
    let exports = 0;
    for (let i = 0; i < 1000; i++) {
      if (desk.root("a") !== undefined) exports++;
      desk.clock.advance(1);
    }
    expect(exports).toBeGreaterThanOrEqual(100);
    expect(exports).toBeLessThanOrEqual(100 + 200);
  });
});

describe("a forced export", () => {
  test("stands for what is pending of its kind", () => {
    const desk = new Desk({ firstPerKind: 1 });
    desk.root("a");
    for (let i = 0; i < 4; i++) desk.root("a");
    expect(desk.force("a")).toEqual({ exported: true, represents: 5 });
    expect(desk.limiter.pending()).toBe(0);
  });

  test("that is not counted leaves what is pending", () => {
    const desk = new Desk({ firstPerKind: 1 });
    desk.root("a");
    desk.root("a");
    expect(desk.force("a", false)).toEqual({ exported: true });
    expect(desk.limiter.pending()).toBe(1);
  });

  test("makes its kind fresh: the interval begins anew, and it was one of the first", () => {
    const desk = new Desk();
    desk.force("a");
    expect([desk.root("a"), desk.root("a"), desk.root("a")]).toEqual([1, 1, undefined]);
    desk.clock.advance(9_000);
    desk.force("a");
    desk.clock.advance(9_000);
    expect(desk.root("a")).toBeUndefined();
    desk.clock.advance(1_000);
    expect(desk.root("a")).toBe(2);
  });

  test("takes nothing from the cap, and nothing from what is kept for novel kinds", () => {
    const forced = new Desk();
    const other = new Desk();
    for (let i = 0; i < 10_000; i++) forced.force(nameOf(i + 1000));
    const passed = (desk: Desk): number => {
      let exports = 0;
      for (let i = 0; i < 400; i++)
        for (let n = 0; n < 3; n++) if (desk.root(nameOf(i)) !== undefined) exports++;
      return exports;
    };
    expect(passed(forced)).toBe(passed(other));
  });
});

describe("the cap", () => {
  test("holds in every window, whatever comes", () => {
    const steps = fc.array(
      fc.record({ name: fc.nat(30), root: fc.boolean(), forced: fc.boolean(), ms: fc.nat(400) }),
      { maxLength: 300 },
    );
    const options = fc.record({
      maxExportsPerSecond: fc.integer({ min: 1, max: 20 }),
      maxNovelPerMinute: fc.integer({ min: 1, max: 20 }),
      kindIntervalMs: fc.constantFrom(0, 1000),
    });
    fc.assert(
      fc.property(options, steps, (limits, all) => {
        const desk = new Desk(limits);
        const times: number[] = [];
        for (const { name, root, forced, ms } of all) {
          desk.clock.advance(ms);
          if (forced) desk.force(nameOf(name));
          for (let i = 0; i < 5; i++) {
            const { exported } = desk.decide(nameOf(name), root ? "root" : "ordinary", root);
            if (exported) times.push(desk.clock.now());
          }
        }
        const burst = burstOf({ ...OPTIONS, ...limits });
        expect(worstWindow(times, limits.maxExportsPerSecond / 1000)).toBeLessThanOrEqual(burst);
      }),
    );
  });

  test("is used whole where nothing is novel", () => {
    const desk = new Desk({ kindIntervalMs: 0 });
    for (let i = 0; i < 1000; i++) desk.root("a");
    let exports = 0;
    for (let i = 0; i < 10_000; i++) {
      desk.clock.advance(1);
      if (desk.root("a") !== undefined) exports++;
    }
    expect(exports).toBe(100);
  });

  test("leaves roots room when other fragments have used theirs up", () => {
    const desk = new Desk({ kindIntervalMs: 0 });
    for (let i = 0; i < 1000; i++) desk.asked("a");
    expect(desk.asked("a")).toBe(false);
    let roots = 0;
    for (let i = 0; i < 1000; i++) if (desk.root("a") !== undefined) roots++;
    expect(roots).toBe(burstOf(OPTIONS) / 4);
    expect(desk.asked("a")).toBe(false);
  });

  test.each([1, 2, 3])("of %d still lets all classes out", (maxExportsPerSecond) => {
    const desk = new Desk({ maxExportsPerSecond, maxNovelPerMinute: 1, kindIntervalMs: 0, firstPerKind: 1 });
    desk.clock.advance(60_000);
    expect(desk.root("a")).toBe(1);
    desk.clock.advance(60_000);
    expect(desk.root("a")).toBe(1);
    desk.clock.advance(60_000);
    expect(desk.asked("a")).toBe(true);
  });
});

describe("a novel kind", () => {
  test("goes out with its first failure while 10,000 known ones fail a second", () => {
    const desk = new Desk({ kindIntervalMs: 100 });
    const known = Array.from({ length: 40 }, (_, i) => nameOf(i));
    let late = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      for (let i = 0; i < 10; i++)
        desk.decide(known[(ms * 10 + i) % 40] as string, i < 5 ? "root" : "ordinary", i < 5);
      if (ms % 1000 === 500 && desk.root(`novel-${nameOf(ms)}`) !== 1) late++;
      desk.clock.advance(1);
    }
    expect(late).toBe(0);
    expect(desk.told + desk.limiter.pending()).toBe(desk.counted);
  });

  test("goes out at once as long as no minute has more of them than its limit", () => {
    const scenario = fc.record({
      maxNovelPerMinute: fc.integer({ min: 1, max: 12 }),
      maxExportsPerSecond: fc.integer({ min: 1, max: 5 }),
      gaps: fc.array(fc.oneof(fc.constant(0), fc.nat(90_000)), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(scenario, ({ maxNovelPerMinute, maxExportsPerSecond, gaps }) => {
        const desk = new Desk({ maxNovelPerMinute, maxExportsPerSecond, kindIntervalMs: 0 });
        // The kinds of the load were new once.
        desk.root("load");
        const arrivals = [desk.clock.now()];
        for (const [index, gap] of gaps.entries()) {
          for (let passed = 0; passed < gap; passed += 1000) {
            desk.clock.advance(Math.min(1000, gap - passed));
            for (let i = 0; i < 20; i++) desk.root("load");
          }
          for (let i = 0; i < 20; i++) desk.root("load");
          const now = desk.clock.now();
          if (arrivals.filter((at) => now - at < 60_000).length >= maxNovelPerMinute) continue;
          arrivals.push(now);
          expect(desk.decide(`novel-${nameOf(index)}`, index % 2 === 0 ? "root" : "ordinary", true)).toEqual({
            exported: true,
            represents: 1,
          });
        }
      }),
    );
  });

  test("is one of a bounded number: random names do not flood", () => {
    const desk = new Desk();
    const times: number[] = [];
    for (let i = 0; i < 30_000; i++) {
      if (desk.root(nameOf(i)) !== undefined) times.push(desk.clock.now());
      desk.clock.advance(10);
    }
    // Five minutes, and one at the start for free.
    expect(times.length).toBe(6 * 60 - 1);
    expect(worstWindow(times, 60 / 60_000)).toBeLessThanOrEqual(60);
    expect(desk.told + desk.limiter.pending()).toBe(desk.counted);
  });

  test("is under the cap, too", () => {
    const desk = new Desk({ maxNovelPerMinute: 600, maxExportsPerSecond: 1 });
    let exports = 0;
    for (let i = 0; i < 3000; i++) {
      if (desk.root(nameOf(i)) !== undefined) exports++;
      desk.clock.advance(100);
    }
    expect(exports).toBe(burstOf({ ...OPTIONS, maxNovelPerMinute: 600, maxExportsPerSecond: 1 }) + 299);
  });

  test("beyond the limit goes out as soon as there is room", () => {
    const desk = new Desk({ maxNovelPerMinute: 6 });
    for (let i = 0; i < 6; i++) expect(desk.root(nameOf(i))).toBe(1);
    expect(desk.root("late")).toBeUndefined();
    desk.clock.advance(9_999);
    expect(desk.root("late")).toBeUndefined();
    desk.clock.advance(1);
    expect(desk.root("late")).toBe(1);
    // Those of before were counted with others of which the limiter keeps nothing.
    expect(desk.drain()).toMatchObject([
      { kind: undefined, represents: 2, sample: { operation: "GET /late" } },
    ]);
  });
});

describe("the count", () => {
  type Step =
    | { readonly do: "decide"; readonly name: number; readonly bucket: Bucket; readonly counted: boolean }
    | { readonly do: "force"; readonly name: number; readonly counted: boolean }
    | { readonly do: "pass"; readonly ms: number }
    | { readonly do: "sweep" | "drain" };

  const name = fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(100_000) });
  const bucket = fc.constantFrom<Bucket>("root", "ordinary");
  const decide = fc.record({ do: fc.constant("decide" as const), name, bucket, counted: fc.boolean() });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 20, arbitrary: decide },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("force" as const), name, counted: fc.boolean() }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("pass" as const),
        ms: fc.oneof(fc.nat(2000), fc.integer({ min: -100_000, max: 700_000 })),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("sweep" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("drain" as const) }) },
  );

  test("is exact at every moment, with kinds evicted, forgotten and refused", () => {
    const options = fc.record({
      maxExportsPerSecond: fc.integer({ min: 1, max: 5 }),
      maxNovelPerMinute: fc.integer({ min: 1, max: 30 }),
      firstPerKind: fc.integer({ min: 1, max: 3 }),
      kindIntervalMs: fc.constantFrom(0, 500, 10_000, 120_000),
      maxKinds: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 200 }), (limits, steps) => {
        const desk = new Desk(limits);
        for (const one of steps) {
          if (one.do === "decide") desk.decide(nameOf(one.name), one.bucket, one.counted);
          else if (one.do === "force") desk.force(nameOf(one.name), one.counted);
          else if (one.do === "pass") desk.clock.advance(one.ms);
          else desk[one.do]();
          expect(desk.told + desk.limiter.pending()).toBe(desk.counted);
          expect(desk.limiter.size).toBeLessThanOrEqual(limits.maxKinds);
        }
        desk.drain();
        expect(desk.limiter.pending()).toBe(0);
        expect(desk.told).toBe(desk.counted);
        for (const { represents } of desk.settled) expect(represents).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test("is exact for each kind that the limiter keeps", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(decide, fc.nat(3000)), { maxLength: 200 }), (steps) => {
        const desk = new Desk({ maxNovelPerMinute: 1_000_000, kindIntervalMs: 1000, maxExportsPerSecond: 2 });
        const untold = new Map<string, number>();
        for (const one of steps) {
          if (typeof one === "number") {
            desk.clock.advance(one);
            continue;
          }
          const key = nameOf(one.name);
          const { exported, represents } = desk.decide(key, one.bucket, one.counted);
          if (!one.counted) {
            expect(represents).toBeUndefined();
            continue;
          }
          const all = (untold.get(key) ?? 0) + 1;
          expect(represents).toBe(exported ? all : undefined);
          untold.set(key, exported ? 0 : all);
        }
        const left = Object.fromEntries([...untold].filter(([, n]) => n > 0));
        const drained = desk.drain().map(({ sample, represents }) => [sample.operation.slice(5), represents]);
        expect(Object.fromEntries(drained)).toEqual(left);
      }),
    );
  });
});

describe("what is pending", () => {
  test("is handed out after a minute in which no export told of it", () => {
    const desk = new Desk({ firstPerKind: 1 });
    desk.root("a");
    desk.clock.advance(5_000);
    desk.root("a");
    desk.root("a");
    desk.clock.advance(59_999);
    expect(desk.sweep()).toEqual([]);
    desk.clock.advance(1);
    expect(desk.sweep()).toEqual([
      {
        kind: expect.any(Number),
        represents: 2,
        sample: {
          traceId: "0af7651916cd43dd8448eb211c80319c",
          service: "shop",
          operation: "GET /a",
          code: "internal",
          cause: { service: "shop", operation: "GET /a", code: "internal" },
          fingerprint: expect.any(String),
        },
      },
    ]);
    expect(desk.sweep()).toEqual([]);
    expect(desk.limiter.pending()).toBe(0);
  });

  test("is handed out though its kind goes on failing, where there is no room for it", () => {
    const desk = new Desk({
      maxExportsPerSecond: 1,
      maxNovelPerMinute: 2,
      kindIntervalMs: 0,
      firstPerKind: 1,
    });
    desk.decide("detached", "ordinary", true);
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 5; i++) desk.asked("load");
      desk.decide("detached", "ordinary", true);
      expect(desk.sweep()).toEqual([]);
      desk.clock.advance(1000);
    }
    expect(desk.sweep()).toMatchObject([{ represents: 60, sample: { operation: "GET /detached" } }]);
  });

  test("is described by the last tree that was exported", () => {
    const { limiter } = new Desk({ firstPerKind: 2 });
    for (const traceId of ["first", "second", "third"]) {
      limiter.decide({ tree: failing("a", traceId), bucket: "root", counted: true });
    }
    expect(limiter.drain()).toMatchObject([{ represents: 1, sample: { traceId: "second" } }]);
  });

  test("waits for the next of its kind where their interval is longer", () => {
    const desk = new Desk({ firstPerKind: 1, kindIntervalMs: 120_000 });
    desk.root("a");
    desk.root("a");
    desk.clock.advance(119_999);
    expect(desk.sweep()).toEqual([]);
    desk.clock.advance(1);
    expect(desk.root("a")).toBe(2);
  });

  test("leaves the kind known when it is handed out", () => {
    const desk = new Desk({ firstPerKind: 1, kindIntervalMs: 3_600_000 });
    desk.root("a");
    desk.drain();
    expect(desk.root("a")).toBeUndefined();
    expect(desk.drain()).toMatchObject([{ represents: 1 }]);
  });

  test("of an evicted kind is handed out by the next sweep, with what is known of it", () => {
    const desk = new Desk({ firstPerKind: 1, maxKinds: 2 });
    for (const name of ["a", "a", "b", "b", "b", "a", "c"]) desk.root(name);
    expect(desk.sweep()).toMatchObject([{ represents: 2, sample: { operation: "GET /b" } }]);
    // Told of a second time, the kind is new.
    expect(desk.root("b")).toBe(1);
  });

  test("of more evicted kinds than are kept is handed out as one, after a minute", () => {
    const desk = new Desk({ firstPerKind: 1, maxKinds: 2 });
    desk.clock.advance(100_000);
    for (let i = 0; i < 10; i++) for (let n = 0; n < 2; n++) desk.root(nameOf(i));
    expect(desk.sweep().map(({ represents }) => represents)).toEqual([1, 1]);
    desk.clock.advance(60_000);
    const settled = desk.sweep().map(({ kind, represents }) => [typeof kind, represents]);
    expect(settled).toEqual([
      ["number", 1],
      ["number", 1],
      ["undefined", 6],
    ]);
    expect(desk.told).toBe(desk.counted);
  });

  test("of kinds beyond the limit is handed out as one, after a minute", () => {
    const desk = new Desk({ maxNovelPerMinute: 1 });
    for (let i = 0; i < 1000; i++) desk.root(nameOf(i));
    expect(desk.sweep()).toEqual([]);
    desk.clock.advance(60_000);
    expect(desk.sweep()).toMatchObject([{ kind: undefined, represents: 999 }]);
    expect(desk.sweep()).toEqual([]);
  });

  test("is all handed out at the end, and what comes after that, too", () => {
    const desk = new Desk({ firstPerKind: 1 });
    for (let i = 0; i < 100; i++) desk.root(nameOf(i));
    for (let i = 0; i < 100; i++) desk.root(nameOf(i));
    desk.drain();
    expect(desk.told).toBe(200);
    desk.root(nameOf(0));
    desk.drain();
    expect(desk.told).toBe(201);
    expect(desk.drain()).toEqual([]);
  });
});

describe("memory", () => {
  test("keeps no more kinds than allowed, those that were seen last", () => {
    const desk = new Desk({
      maxNovelPerMinute: 100_000,
      maxKinds: 100,
      firstPerKind: 1,
      kindIntervalMs: 3_600_000,
    });
    for (let i = 0; i < 1000; i++) {
      desk.root(nameOf(i));
      desk.asked("steady");
    }
    expect(desk.limiter.size).toBe(100);
    expect(desk.asked("steady")).toBe(false);
    expect(desk.asked(nameOf(950))).toBe(false);
    expect(desk.asked(nameOf(850))).toBe(true);
  });

  test("is not for kinds that were refused: a flood of random names evicts nothing", () => {
    const desk = new Desk({ maxKinds: 80, firstPerKind: 1, kindIntervalMs: 3_600_000 });
    expect(desk.root("steady")).toBe(1);
    for (let i = 0; i < 10_000; i++) desk.root(nameOf(i));
    expect(desk.limiter.size).toBe(60);
    expect(desk.root("steady")).toBeUndefined();
  });

  test("lets go of kinds that were not seen for long", () => {
    const desk = new Desk();
    for (let i = 0; i < 50; i++) desk.root(nameOf(i));
    desk.clock.advance(600_000);
    desk.sweep();
    expect(desk.limiter.size).toBe(0);
  });
});

describe("a clock", () => {
  test("that goes back stops nothing: intervals and rates go on from there", () => {
    const desk = new Desk();
    for (let i = 0; i < 4; i++) desk.root("a");
    desk.clock.advance(-3_600_000);
    expect(desk.root("novel")).toBe(1);
    expect(desk.root("a")).toBeUndefined();
    desk.clock.advance(10_000);
    expect(desk.root("a")).toBe(3);
    for (let i = 0; i < 1000; i++) desk.root(nameOf(i));
    desk.clock.advance(-3_600_000);
    expect(desk.root("refused")).toBeUndefined();
    desk.clock.advance(1000);
    expect(desk.root("refused")).toBe(1);
  });

  test("that jumps ahead fills the limits once", () => {
    const desk = new Desk();
    for (let i = 0; i < 1000; i++) desk.root(nameOf(i));
    desk.clock.advance(86_400_000);
    let exports = 0;
    for (let i = 1000; i < 2000; i++) if (desk.root(nameOf(i)) !== undefined) exports++;
    expect(exports).toBe(60);
  });

  test("that tells no time for once is believed again afterwards", () => {
    let now = 0;
    const limiter = new Limiter({ ...OPTIONS, firstPerKind: 1 }, { monotonic: () => now });
    const exported = (): boolean =>
      limiter.decide({ tree: failing("a"), bucket: "root", counted: true }).exported;
    expect(exported()).toBe(true);
    now = Number.NaN;
    expect(exported()).toBe(false);
    now = 5_000;
    expect(exported()).toBe(false);
    now = 15_000;
    expect(exported()).toBe(true);
  });
});

describe("wide open", () => {
  test("every failing tree is exported and stands for itself", () => {
    const desk = new Desk({ maxExportsPerSecond: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 5000; i++) {
      expect(desk.root(i % 2 === 0 ? "a" : nameOf(i))).toBe(1);
      expect(desk.decide("a", "ordinary", false)).toEqual({ exported: true });
      expect(desk.force("a")).toEqual({ exported: true, represents: 1 });
    }
    expect(desk.limiter.pending()).toBe(0);
    expect(desk.limiter.size).toBe(0);
    expect(desk.drain()).toEqual([]);
  });
});

/** The most that the exports of a window are above what its length allows. */
function worstWindow(times: readonly number[], perMs: number): number {
  let worst = 0;
  for (let first = 0; first < times.length; first++) {
    for (let last = first; last < times.length; last++) {
      const length = (times[last] as number) - (times[first] as number);
      worst = Math.max(worst, last - first + 1 - length * perMs);
    }
  }
  return Math.floor(worst + 1e-9);
}
