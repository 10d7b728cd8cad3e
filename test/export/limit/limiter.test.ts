// Which failing trees the limiter lets out, and that it loses count of none.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UnexportedTrees } from "../../../src/export/limit/kind-table.ts";
import { type Bucket, burstOf, Limiter, type LimiterOptions } from "../../../src/export/limit/limiter.ts";
import type { BuiltTree } from "../../../src/tree/redacted-tree.ts";
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
class Book {
  readonly clock = new ManualClock();
  readonly limiter: Limiter;
  readonly unexported: UnexportedTrees[] = [];
  counted = 0;
  represented = 0;

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
    return this.#booked(
      counted,
      this.limiter.noteForced({ tree: failing(name), counted, alreadyCounted: false }),
    );
  }

  takeOverdue(): UnexportedTrees[] {
    return this.#taken(this.limiter.takeOverdue());
  }

  takePending(): UnexportedTrees[] {
    return this.#taken(this.limiter.takePending());
  }

  #booked(counted: boolean, decision: ReturnType<Limiter["decide"]>): ReturnType<Limiter["decide"]> {
    if (counted) this.counted++;
    this.represented += decision.represents ?? 0;
    return decision;
  }

  #taken(trees: UnexportedTrees[]): UnexportedTrees[] {
    for (const { represents } of trees) this.represented += represents;
    this.unexported.push(...trees);
    return trees;
  }
}

describe("a kind", () => {
  test("passes three times, then once in its interval", () => {
    const book = new Book();
    const exports: number[] = [];
    for (let second = 0; second <= 60; second++) {
      for (let i = 0; i < 20; i++) if (book.root("a") !== undefined) exports.push(second);
      book.clock.advance(1000);
    }
    expect(exports).toEqual([0, 0, 0, 10, 20, 30, 40, 50, 60]);
  });

  test("tells with each export how many trees it stands for", () => {
    const book = new Book();
    expect([book.root("a"), book.root("a"), book.root("a")]).toEqual([1, 1, 1]);
    for (let i = 0; i < 41; i++) expect(book.root("a")).toBeUndefined();
    expect(book.limiter.pending()).toBe(41);
    book.clock.advance(10_000);
    expect(book.root("a")).toBe(42);
    expect(book.limiter.pending()).toBe(0);
  });

  test("stands for no tree of another", () => {
    const book = new Book({ firstPerKind: 1 });
    for (const name of ["a", "b", "a", "a", "b"]) book.root(name);
    book.clock.advance(10_000);
    expect([book.root("a"), book.root("b")]).toEqual([3, 2]);
  });

  test("of trees that are not counted passes alike, and represents nothing", () => {
    const book = new Book();
    for (let i = 0; i < 3; i++) expect(book.decide("a", "ordinary", false)).toEqual({ exported: true });
    expect(book.decide("a", "ordinary", false)).toEqual({ exported: false });
    expect(book.limiter.pending()).toBe(0);
    expect(book.root("a")).toBeUndefined();
    book.clock.advance(10_000);
    // What is exported without being counted leaves what is pending to the next that is.
    expect(book.asked("a")).toBe(true);
    expect(book.limiter.pending()).toBe(1);
    book.clock.advance(10_000);
    expect(book.root("a")).toBe(2);
  });

  test("that was not seen for ten minutes is new again", () => {
    const book = new Book({ firstPerKind: 2 });
    const three = (): (number | undefined)[] => [book.root("a"), book.root("a"), book.root("a")];
    expect(three()).toEqual([1, 1, undefined]);
    book.clock.advance(599_999);
    expect(three()).toEqual([2, undefined, undefined]);
    book.clock.advance(600_000);
    expect(three()).toEqual([1, 1, undefined]);
    expect(
      book
        .takePending()
        .map(({ represents }) => represents)
        .toSorted(),
    ).toEqual([1, 2]);
    expect(book.represented).toBe(book.counted);
  });

  test("with an interval longer than that keeps to it", () => {
    const book = new Book({ firstPerKind: 1, kindIntervalMs: 3_600_000 });
    expect(book.root("a")).toBe(1);
    book.clock.advance(3_599_999);
    expect(book.root("a")).toBeUndefined();
    book.clock.advance(1);
    expect(book.root("a")).toBe(2);
  });

  test("with an interval of nothing is bounded by the cap alone", () => {
    const book = new Book({ kindIntervalMs: 0, maxNovelPerMinute: 1, maxExportsPerSecond: 100 });
    let exports = 0;
    for (let i = 0; i < 1000; i++) {
      if (book.root("a") !== undefined) exports++;
      book.clock.advance(1);
    }
    expect(exports).toBeGreaterThanOrEqual(100);
    expect(exports).toBeLessThanOrEqual(100 + 200);
  });
});

describe("a forced export", () => {
  test("stands for what is pending of its kind", () => {
    const book = new Book({ firstPerKind: 1 });
    book.root("a");
    for (let i = 0; i < 4; i++) book.root("a");
    expect(book.force("a")).toEqual({ exported: true, represents: 5 });
    expect(book.limiter.pending()).toBe(0);
  });

  test("that is not counted leaves what is pending", () => {
    const book = new Book({ firstPerKind: 1 });
    book.root("a");
    book.root("a");
    expect(book.force("a", false)).toEqual({ exported: true });
    expect(book.limiter.pending()).toBe(1);
  });

  test("makes its kind fresh: the interval begins anew, and it was one of the first", () => {
    const book = new Book();
    book.force("a");
    expect([book.root("a"), book.root("a"), book.root("a")]).toEqual([1, 1, undefined]);
    book.clock.advance(9_000);
    book.force("a");
    book.clock.advance(9_000);
    expect(book.root("a")).toBeUndefined();
    book.clock.advance(1_000);
    expect(book.root("a")).toBe(2);
  });

  test("takes nothing from the cap, and nothing from what is kept for novel kinds", () => {
    const forced = new Book();
    const other = new Book();
    for (let i = 0; i < 10_000; i++) forced.force(nameOf(i + 1000));
    const passed = (book: Book): number => {
      let exports = 0;
      for (let i = 0; i < 400; i++)
        for (let n = 0; n < 3; n++) if (book.root(nameOf(i)) !== undefined) exports++;
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
        const book = new Book(limits);
        const times: number[] = [];
        for (const { name, root, forced, ms } of all) {
          book.clock.advance(ms);
          if (forced) book.force(nameOf(name));
          for (let i = 0; i < 5; i++) {
            const { exported } = book.decide(nameOf(name), root ? "root" : "ordinary", root);
            if (exported) times.push(book.clock.now());
          }
        }
        const burst = burstOf({ ...OPTIONS, ...limits });
        expect(worstWindow(times, limits.maxExportsPerSecond / 1000)).toBeLessThanOrEqual(burst);
      }),
    );
  });

  test("is used whole where nothing is novel", () => {
    const book = new Book({ kindIntervalMs: 0 });
    for (let i = 0; i < 1000; i++) book.root("a");
    let exports = 0;
    for (let i = 0; i < 10_000; i++) {
      book.clock.advance(1);
      if (book.root("a") !== undefined) exports++;
    }
    expect(exports).toBe(100);
  });

  test("leaves roots room when other fragments have used theirs up", () => {
    const book = new Book({ kindIntervalMs: 0 });
    for (let i = 0; i < 1000; i++) book.asked("a");
    expect(book.asked("a")).toBe(false);
    let roots = 0;
    for (let i = 0; i < 1000; i++) if (book.root("a") !== undefined) roots++;
    expect(roots).toBe(burstOf(OPTIONS) / 4);
    expect(book.asked("a")).toBe(false);
  });

  test.each([1, 2, 3])("of %d still lets all classes out", (maxExportsPerSecond) => {
    const book = new Book({ maxExportsPerSecond, maxNovelPerMinute: 1, kindIntervalMs: 0, firstPerKind: 1 });
    book.clock.advance(60_000);
    expect(book.root("a")).toBe(1);
    book.clock.advance(60_000);
    expect(book.root("a")).toBe(1);
    book.clock.advance(60_000);
    expect(book.asked("a")).toBe(true);
  });
});

describe("a novel kind", () => {
  test("goes out with its first failure while 10,000 known ones fail a second", () => {
    const book = new Book({ kindIntervalMs: 100 });
    const known = Array.from({ length: 40 }, (_, i) => nameOf(i));
    let late = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      for (let i = 0; i < 10; i++)
        book.decide(known[(ms * 10 + i) % 40] as string, i < 5 ? "root" : "ordinary", i < 5);
      if (ms % 1000 === 500 && book.root(`novel-${nameOf(ms)}`) !== 1) late++;
      book.clock.advance(1);
    }
    expect(late).toBe(0);
    expect(book.represented + book.limiter.pending()).toBe(book.counted);
  });

  test("goes out at once as long as no minute has more of them than its limit", () => {
    const scenario = fc.record({
      maxNovelPerMinute: fc.integer({ min: 1, max: 12 }),
      maxExportsPerSecond: fc.integer({ min: 1, max: 5 }),
      gaps: fc.array(fc.oneof(fc.constant(0), fc.nat(90_000)), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(scenario, ({ maxNovelPerMinute, maxExportsPerSecond, gaps }) => {
        const book = new Book({ maxNovelPerMinute, maxExportsPerSecond, kindIntervalMs: 0 });
        // The kinds of the load were new once.
        book.root("load");
        const arrivals = [book.clock.now()];
        for (const [index, gap] of gaps.entries()) {
          for (let passed = 0; passed < gap; passed += 1000) {
            book.clock.advance(Math.min(1000, gap - passed));
            for (let i = 0; i < 20; i++) book.root("load");
          }
          for (let i = 0; i < 20; i++) book.root("load");
          const now = book.clock.now();
          if (arrivals.filter((at) => now - at < 60_000).length >= maxNovelPerMinute) continue;
          arrivals.push(now);
          expect(book.decide(`novel-${nameOf(index)}`, index % 2 === 0 ? "root" : "ordinary", true)).toEqual({
            exported: true,
            represents: 1,
          });
        }
      }),
    );
  });

  test("is one of a bounded number: random names do not flood", () => {
    const book = new Book();
    const times: number[] = [];
    for (let i = 0; i < 30_000; i++) {
      if (book.root(nameOf(i)) !== undefined) times.push(book.clock.now());
      book.clock.advance(10);
    }
    // Five minutes, and one at the start for free.
    expect(times.length).toBe(6 * 60 - 1);
    expect(worstWindow(times, 60 / 60_000)).toBeLessThanOrEqual(60);
    expect(book.represented + book.limiter.pending()).toBe(book.counted);
  });

  test("is under the cap, too", () => {
    const book = new Book({ maxNovelPerMinute: 600, maxExportsPerSecond: 1 });
    let exports = 0;
    for (let i = 0; i < 3000; i++) {
      if (book.root(nameOf(i)) !== undefined) exports++;
      book.clock.advance(100);
    }
    expect(exports).toBe(burstOf({ ...OPTIONS, maxNovelPerMinute: 600, maxExportsPerSecond: 1 }) + 299);
  });

  test("beyond the limit goes out as soon as there is room", () => {
    const book = new Book({ maxNovelPerMinute: 6 });
    for (let i = 0; i < 6; i++) expect(book.root(nameOf(i))).toBe(1);
    expect(book.root("late")).toBeUndefined();
    book.clock.advance(9_999);
    expect(book.root("late")).toBeUndefined();
    book.clock.advance(1);
    expect(book.root("late")).toBe(1);
    // Those of before were counted with others of which the limiter keeps nothing.
    expect(book.takePending()).toMatchObject([
      { kind: undefined, represents: 2, sample: { operation: "GET /late" } },
    ]);
  });
});

describe("the count", () => {
  type Step =
    | { readonly do: "decide"; readonly name: number; readonly bucket: Bucket; readonly counted: boolean }
    | { readonly do: "force"; readonly name: number; readonly counted: boolean }
    | { readonly do: "pass"; readonly ms: number }
    | { readonly do: "takeOverdue" | "takePending" };

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
    { weight: 2, arbitrary: fc.record({ do: fc.constant("takeOverdue" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("takePending" as const) }) },
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
        const book = new Book(limits);
        for (const one of steps) {
          if (one.do === "decide") book.decide(nameOf(one.name), one.bucket, one.counted);
          else if (one.do === "force") book.force(nameOf(one.name), one.counted);
          else if (one.do === "pass") book.clock.advance(one.ms);
          else book[one.do]();
          expect(book.represented + book.limiter.pending()).toBe(book.counted);
          expect(book.limiter.size).toBeLessThanOrEqual(limits.maxKinds);
        }
        book.takePending();
        expect(book.limiter.pending()).toBe(0);
        expect(book.represented).toBe(book.counted);
        for (const { represents } of book.unexported) expect(represents).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test("is exact for each kind that the limiter keeps", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(decide, fc.nat(3000)), { maxLength: 200 }), (steps) => {
        const book = new Book({ maxNovelPerMinute: 1_000_000, kindIntervalMs: 1000, maxExportsPerSecond: 2 });
        const refused = new Map<string, number>();
        for (const one of steps) {
          if (typeof one === "number") {
            book.clock.advance(one);
            continue;
          }
          const key = nameOf(one.name);
          const { exported, represents } = book.decide(key, one.bucket, one.counted);
          if (!one.counted) {
            expect(represents).toBeUndefined();
            continue;
          }
          const all = (refused.get(key) ?? 0) + 1;
          expect(represents).toBe(exported ? all : undefined);
          refused.set(key, exported ? 0 : all);
        }
        const left = Object.fromEntries([...refused].filter(([, n]) => n > 0));
        const taken = book
          .takePending()
          .map(({ sample, represents }) => [sample.operation.slice(5), represents]);
        expect(Object.fromEntries(taken)).toEqual(left);
      }),
    );
  });
});

describe("what is pending", () => {
  test("is handed out after a minute in which no export accounted for it", () => {
    const book = new Book({ firstPerKind: 1 });
    book.root("a");
    book.clock.advance(5_000);
    book.root("a");
    book.root("a");
    book.clock.advance(59_999);
    expect(book.takeOverdue()).toEqual([]);
    book.clock.advance(1);
    expect(book.takeOverdue()).toEqual([
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
    expect(book.takeOverdue()).toEqual([]);
    expect(book.limiter.pending()).toBe(0);
  });

  test("is handed out though its kind goes on failing, where there is no room for it", () => {
    const book = new Book({
      maxExportsPerSecond: 1,
      maxNovelPerMinute: 2,
      kindIntervalMs: 0,
      firstPerKind: 1,
    });
    book.decide("detached", "ordinary", true);
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 5; i++) book.asked("load");
      book.decide("detached", "ordinary", true);
      expect(book.takeOverdue()).toEqual([]);
      book.clock.advance(1000);
    }
    expect(book.takeOverdue()).toMatchObject([{ represents: 60, sample: { operation: "GET /detached" } }]);
  });

  test("is described by the last tree that was exported", () => {
    const { limiter } = new Book({ firstPerKind: 2 });
    for (const traceId of ["first", "second", "third"]) {
      limiter.decide({ tree: failing("a", traceId), bucket: "root", counted: true });
    }
    expect(limiter.takePending()).toMatchObject([{ represents: 1, sample: { traceId: "second" } }]);
  });

  test("waits for the next of its kind where their interval is longer", () => {
    const book = new Book({ firstPerKind: 1, kindIntervalMs: 120_000 });
    book.root("a");
    book.root("a");
    book.clock.advance(119_999);
    expect(book.takeOverdue()).toEqual([]);
    book.clock.advance(1);
    expect(book.root("a")).toBe(2);
  });

  test("leaves the kind known when it is handed out", () => {
    const book = new Book({ firstPerKind: 1, kindIntervalMs: 3_600_000 });
    book.root("a");
    book.takePending();
    expect(book.root("a")).toBeUndefined();
    expect(book.takePending()).toMatchObject([{ represents: 1 }]);
  });

  test("of an evicted kind is handed out with the next that are overdue, with what is known of it", () => {
    const book = new Book({ firstPerKind: 1, maxKinds: 2 });
    for (const name of ["a", "a", "b", "b", "b", "a", "c"]) book.root(name);
    expect(book.takeOverdue()).toMatchObject([{ represents: 2, sample: { operation: "GET /b" } }]);
    // Told of a second time, the kind is new.
    expect(book.root("b")).toBe(1);
  });

  test("of more evicted kinds than are kept is handed out as one, after a minute", () => {
    const book = new Book({ firstPerKind: 1, maxKinds: 2 });
    book.clock.advance(100_000);
    for (let i = 0; i < 10; i++) for (let n = 0; n < 2; n++) book.root(nameOf(i));
    expect(book.takeOverdue().map(({ represents }) => represents)).toEqual([1, 1]);
    book.clock.advance(60_000);
    const taken = book.takeOverdue().map(({ kind, represents }) => [typeof kind, represents]);
    expect(taken).toEqual([
      ["number", 1],
      ["number", 1],
      ["undefined", 6],
    ]);
    expect(book.represented).toBe(book.counted);
  });

  test("of kinds beyond the limit is handed out as one, after a minute", () => {
    const book = new Book({ maxNovelPerMinute: 1 });
    for (let i = 0; i < 1000; i++) book.root(nameOf(i));
    expect(book.takeOverdue()).toEqual([]);
    book.clock.advance(60_000);
    expect(book.takeOverdue()).toMatchObject([{ kind: undefined, represents: 999 }]);
    expect(book.takeOverdue()).toEqual([]);
  });

  test("is all handed out at the end, and what comes after that, too", () => {
    const book = new Book({ firstPerKind: 1 });
    for (let i = 0; i < 100; i++) book.root(nameOf(i));
    for (let i = 0; i < 100; i++) book.root(nameOf(i));
    book.takePending();
    expect(book.represented).toBe(200);
    book.root(nameOf(0));
    book.takePending();
    expect(book.represented).toBe(201);
    expect(book.takePending()).toEqual([]);
  });
});

describe("memory", () => {
  test("keeps no more kinds than allowed, those that were seen last", () => {
    const book = new Book({
      maxNovelPerMinute: 100_000,
      maxKinds: 100,
      firstPerKind: 1,
      kindIntervalMs: 3_600_000,
    });
    for (let i = 0; i < 1000; i++) {
      book.root(nameOf(i));
      book.asked("steady");
    }
    expect(book.limiter.size).toBe(100);
    expect(book.asked("steady")).toBe(false);
    expect(book.asked(nameOf(950))).toBe(false);
    expect(book.asked(nameOf(850))).toBe(true);
  });

  test("is not for kinds that were refused: a flood of random names evicts nothing", () => {
    const book = new Book({ maxKinds: 80, firstPerKind: 1, kindIntervalMs: 3_600_000 });
    expect(book.root("steady")).toBe(1);
    for (let i = 0; i < 10_000; i++) book.root(nameOf(i));
    expect(book.limiter.size).toBe(60);
    expect(book.root("steady")).toBeUndefined();
  });

  test("lets go of kinds that were not seen for long", () => {
    const book = new Book();
    for (let i = 0; i < 50; i++) book.root(nameOf(i));
    book.clock.advance(600_000);
    book.takeOverdue();
    expect(book.limiter.size).toBe(0);
  });
});

describe("a clock", () => {
  test("that goes back stops nothing: intervals and rates go on from there", () => {
    const book = new Book();
    for (let i = 0; i < 4; i++) book.root("a");
    book.clock.advance(-3_600_000);
    expect(book.root("novel")).toBe(1);
    expect(book.root("a")).toBeUndefined();
    book.clock.advance(10_000);
    expect(book.root("a")).toBe(3);
    for (let i = 0; i < 1000; i++) book.root(nameOf(i));
    book.clock.advance(-3_600_000);
    expect(book.root("refused")).toBeUndefined();
    book.clock.advance(1000);
    expect(book.root("refused")).toBe(1);
  });

  test("that jumps ahead fills the limits once", () => {
    const book = new Book();
    for (let i = 0; i < 1000; i++) book.root(nameOf(i));
    book.clock.advance(86_400_000);
    let exports = 0;
    for (let i = 1000; i < 2000; i++) if (book.root(nameOf(i)) !== undefined) exports++;
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
    const book = new Book({ maxExportsPerSecond: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 5000; i++) {
      expect(book.root(i % 2 === 0 ? "a" : nameOf(i))).toBe(1);
      expect(book.decide("a", "ordinary", false)).toEqual({ exported: true });
      expect(book.force("a")).toEqual({ exported: true, represents: 1 });
    }
    expect(book.limiter.pending()).toBe(0);
    expect(book.limiter.size).toBe(0);
    expect(book.takePending()).toEqual([]);
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
