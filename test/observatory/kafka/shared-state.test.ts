// The state that a group shares: whatever the order of its records, the highest offset of each key counts, and the picture is the sum of all partitions.
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import { PartitionFold } from "../../../src/observatory/kafka/partition-fold.ts";
import type {
  PartitionHead,
  PartitionId,
  PartitionWindow,
  StateRecord,
} from "../../../src/observatory/kafka/partition-state.ts";
import { encodeState, keyOf, stateKey } from "../../../src/observatory/kafka/partition-state.ts";
import { SharedState } from "../../../src/observatory/kafka/shared-state.ts";
import { atOnce } from "../../../src/otlp/work.ts";

const WINDOW_MS = 10_000;
const NOW = 1_800_000_000_000;
const FROM = { offset: 0, clock: 0, settledAt: 0 };
const EDGE = { client: "a", server: "b", connectionType: "" } as const;

/** The window of a partition at an offset, in which there were so many requests: as many as the offset says, so that the same is the same. */
function windowAt(partition: number, next: number, start: number): PartitionWindow {
  const counts = new Counts({ windowMs: WINDOW_MS });
  counts.cell(start, EDGE, "flow").counts.requests = next * (partition + 1);
  return {
    kind: "window",
    topic: "t",
    partition,
    next,
    from: FROM,
    windowMs: WINDOW_MS,
    window: counts.window(start),
  };
}

function headAt(partition: number, next: number, tail: PartitionHead["tail"] = []): PartitionHead {
  const report = { unreadable: next, outOfTime: 0, keyless: 1, lost: 0, first: "nonsense" };
  return {
    ...{
      kind: "partition",
      topic: "t",
      partition,
      next,
      from: FROM,
      windowMs: WINDOW_MS,
      windows: [],
      services: [],
    },
    ...{ newest: next * 1_000, report, tail },
  };
}

function put(state: SharedState, one: StateRecord): void {
  state.take(keyOf(one), encodeState(one));
}

function requestsIn(state: SharedState): number {
  state.refresh();
  let requests = 0;
  for (const { counts } of state.counts.cells()) requests += counts.requests;
  return requests;
}

const record: fc.Arbitrary<StateRecord> = fc.oneof(
  fc
    .tuple(fc.nat(2), fc.nat(50), fc.nat(3))
    .map(([partition, next, window]) => windowAt(partition, next, window * WINDOW_MS)),
  fc.tuple(fc.nat(2), fc.nat(50)).map(([partition, next]) => headAt(partition, next)),
);

describe("the state of a group", () => {
  test("is the sum of the newest windows, in whatever order and however often they come", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(record, fc.boolean()), { maxLength: 40 }), (records) => {
        const state = new SharedState(WINDOW_MS, () => NOW);
        const highest = new Map<string, number>();
        for (const [one, isShown] of records) {
          const before = highest.get(keyOf(one)) ?? -1;
          expect(state.take(keyOf(one), encodeState(one))).toBe(before > one.next ? "older" : "newer");
          highest.set(keyOf(one), Math.max(before, one.next));
          if (isShown) state.refresh();
        }
        let wanted = 0;
        for (const [key, next] of highest) {
          const [, partition, start] = key.split("/");
          if (start !== undefined) wanted += next * (Number(partition) + 1);
        }
        expect(requestsIn(state)).toBe(wanted);
      }),
    );
  });

  test("holds a tail as long as the head that has it", () => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    put(state, windowAt(0, 5, 0));
    put(state, headAt(0, 6, [windowAt(1, 3, 0).window]));
    expect(requestsIn(state)).toBe(5 + 6);
    put(state, headAt(0, 7));
    expect(requestsIn(state)).toBe(5);
  });

  test("adds up windows that were put together since then, if one of them changes", () => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    put(state, windowAt(0, 5, 0));
    put(state, windowAt(0, 7, WINDOW_MS));
    put(state, windowAt(1, 4, 0));
    expect(requestsIn(state)).toBe(5 + 7 + 8);
    state.counts.widen(60_000, 60_000);
    put(state, windowAt(0, 6, 0));
    expect(requestsIn(state)).toBe(6 + 7 + 8);
    expect([...state.counts.starts()]).toEqual([0]);
  });

  test("forgets a window by its tombstone", () => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    put(state, windowAt(0, 5, 0));
    put(state, windowAt(1, 5, 0));
    expect(state.take(stateKey({ topic: "t", partition: 0 }, 0), undefined)).toBe("newer");
    expect(requestsIn(state)).toBe(10);
  });

  test("sums up what was left out", () => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    put(state, headAt(0, 2));
    put(state, headAt(1, 3));
    expect(state.report()).toEqual({ unreadable: 5, outOfTime: 0, keyless: 2, lost: 0, first: "nonsense" });
    expect(state.newest).toBe(3_000);
  });

  test("does not take what it does not know", () => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    const other = { ...windowAt(0, 5, 0), windowMs: 60_000 };
    expect(state.take(keyOf(other), encodeState(other))).toBe("unknown");
    expect(state.take("t/9", encodeState(headAt(0, 1)))).toBe("unknown");
    expect(state.take("t/0", Buffer.from("nonsense"))).toBe("unknown");
    expect([state.unknown, requestsIn(state)]).toEqual([3, 0]);
  });

  test("of an offset that is not there does not shadow the one that is, however it comes", () => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    let end = 10;
    const endOf = ({ partition }: PartitionId): number | undefined => (partition < 2 ? end : undefined);
    state.reach(endOf);
    put(state, windowAt(0, 5, 0));
    for (const next of [11, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      const wrong = windowAt(0, next, 0);
      expect(state.take(keyOf(wrong), encodeState(wrong))).toBe("later");
      expect(state.reach(endOf)).toEqual(["t/0/0"]);
    }
    const nowhere = headAt(2, 3);
    expect(state.take(keyOf(nowhere), encodeState(nowhere))).toBe("later");
    expect([state.reach(endOf), state.known(nowhere), state.isWaiting]).toEqual([["t/2"], undefined, false]);
    expect([requestsIn(state), state.unknown]).toEqual([5, 4]);
    put(state, windowAt(0, 9, 0));
    expect(requestsIn(state)).toBe(9);
    // What was written since the ends were asked for waits until they are asked for again.
    put(state, windowAt(0, 15, 0));
    expect([requestsIn(state), state.isWaiting]).toEqual([9, true]);
    end = 15;
    expect(state.reach(endOf)).toEqual([]);
    expect(requestsIn(state)).toBe(15);
    // What was dropped meanwhile does not come back.
    put(state, windowAt(0, 16, 0));
    state.take("t/0/0", undefined);
    end = 16;
    state.reach(endOf);
    expect(requestsIn(state)).toBe(0);
  });
});

describe("a state that is damaged", () => {
  const window = windowAt(0, 5, 0);
  const head = headAt(0, 5, [windowAt(1, 3, 0).window]);
  const [cell] = window.window.cells;
  const inCell = (fields: object): object => ({
    ...window,
    window: { ...window.window, cells: [{ ...cell, ...fields }] },
  });
  const inCounts = (fields: object): object => inCell({ counts: { ...cell?.counts, ...fields } });

  test.each<[string, object]>([
    ["without an offset", { ...window, next: undefined }],
    ["of a negative offset", { ...window, next: -1 }],
    ["of an offset that is no whole number", { ...window, next: 1.5 }],
    ["of an offset beyond all numbers", { ...window, next: 1e300 }],
    ["of a negative partition", { ...window, partition: -1 }],
    ["read from behind its end", { ...window, from: { ...FROM, offset: 6 } }],
    ["whose clock is in the year 5000", { ...window, from: { ...FROM, clock: 1e14 } }],
    ["of a window in the year 5000", { ...window, window: { ...window.window, start: 1e14 } }],
    ["without a window", { ...window, window: null }],
    ["whose cells are none", { ...window, window: { ...window.window, cells: [null, 1, {}] } }],
    ["whose dropped edges are none", { ...window, window: { ...window.window, dropped: "x" } }],
    ["of a source that there is not", inCell({ source: "toString" })],
    ["of a connection that there is not", inCell({ connectionType: 7 })],
    ["without a name", inCell({ client: "" })],
    ["with a very long name", inCell({ server: "x".repeat(10_000) })],
    ["without counts", inCell({ counts: undefined })],
    ["with negative counts", inCounts({ requests: -1 })],
    ["with texts as counts", inCounts({ failures: "12" })],
    [
      "with a histogram of very many buckets",
      inCounts({ server: { offset: 0, counts: Array(1_000).fill(1), sum: 1 } }),
    ],
    ["with a histogram far away", inCounts({ client: { offset: 1e9, counts: [1], sum: 1 } })],
    ["with a histogram without counts", inCounts({ client: {} })],
    ["whose windows are no pairs", { ...head, windows: [1, null] }],
    ["whose services are none", { ...head, services: [{ name: 1 }] }],
    ["whose report has no numbers", { ...head, report: {} }],
    ["with a very long sentence", { ...head, report: { ...head.report, first: "x".repeat(100_000) } }],
    ["without a tail", { ...head, tail: undefined }],
    ["with a tail that is none", { ...head, tail: [{}] }],
    ["newest in the year 5000", { ...head, newest: 1e14 }],
    ["of another kind", { ...head, kind: "x" }],
  ])("%s is not taken, and told", (_, record) => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    const { kind } = record as StateRecord;
    put(state, window);
    const key = kind === "window" ? "t/0/0" : "t/0";
    expect(state.take(key, encodeState(record as StateRecord))).toBe("unknown");
    expect([requestsIn(state), state.unknown]).toEqual([5, 1]);
  });

  test.each([
    ["nothing", Buffer.from([1])],
    ["JSON that is not zipped", Buffer.from("{}")],
    ["protobuf", Buffer.from([0x0a, 0x03, 0x01, 0x02, 0x03])],
    ["a bomb", gzipSync(Buffer.alloc(200 * 1024 * 1024, " "), { level: 1 })],
    ["50 MB", Buffer.alloc(50_000_000, 7)],
    ["JSON that breaks off", gzipSync('{"version":1,"kind":"window"')],
    ["a list", gzipSync("[[]]")],
  ])("as %s is not taken, whatever its key is", (_, value) => {
    const state = new SharedState(WINDOW_MS, () => NOW);
    put(state, window);
    for (const key of ["t/0/0", "t/0", "", "/", "t", "t/0/x", "\ud800"])
      expect(state.take(key, value)).toBe("unknown");
    for (const key of ["", "/", "t", "t/0", "t/0/x", "t/7/0"])
      expect(state.take(key, undefined)).toBe("unknown");
    expect([requestsIn(state), state.unknown]).toEqual([5, 7]);
  });

  test("in any one place does no harm", () => {
    const values = fc.constantFrom<unknown>(null, -1, 1e300, "x", [], {}, [null], true, 0.5);
    fc.assert(
      fc.property(fc.constantFrom<StateRecord>(window, head), fc.nat(), values, (record, place, value) => {
        const state = new SharedState(WINDOW_MS, () => NOW);
        const damaged = structuredClone(record) as unknown as Record<string, unknown>;
        const places: [object: Record<string, unknown>, name: string][] = [];
        const visit = (one: Record<string, unknown>): void => {
          for (const [name, inner] of Object.entries(one)) {
            places.push([one, name]);
            if (typeof inner === "object" && inner !== null) visit(inner as Record<string, unknown>);
          }
        };
        visit(damaged);
        const [object, name] = places[place % places.length] as [Record<string, unknown>, string];
        object[name] = value;
        state.take(
          record.kind === "window" ? "t/0/0" : "t/0",
          encodeState(damaged as unknown as StateRecord),
        );
        state.refresh();
        for (const { counts } of state.counts.cells()) expect(counts.requests).toBeGreaterThanOrEqual(0);
        const known = state.known({ topic: "t", partition: 0 });
        if (known === undefined) return;
        const fold = new PartitionFold({
          id: known.head,
          windowMs: WINDOW_MS,
          keepMs: 3_600_000,
          known,
          begin: 0,
        });
        const event = Buffer.from('{"node":"a","token":1}');
        atOnce(fold.take({ offset: known.head.next, timestamp: NOW, hasKey: true, value: event }));
        expect(fold.snapshot(true)?.head.report.outOfTime).toBe(known.head.report.outOfTime);
      }),
      { numRuns: 1_000 },
    );
  });
});
