// The state that a group shares: whatever the order of its records, the highest offset of each key counts, and the picture is the sum of all partitions.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import type {
  PartitionHead,
  PartitionWindow,
  StateRecord,
} from "../../../src/observatory/kafka/partition-state.ts";
import { encodeState, keyOf, stateKey } from "../../../src/observatory/kafka/partition-state.ts";
import { SharedState } from "../../../src/observatory/kafka/shared-state.ts";

const WINDOW_MS = 10_000;
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
        const state = new SharedState(WINDOW_MS);
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
    const state = new SharedState(WINDOW_MS);
    put(state, windowAt(0, 5, 0));
    put(state, headAt(0, 6, [windowAt(1, 3, 0).window]));
    expect(requestsIn(state)).toBe(5 + 6);
    put(state, headAt(0, 7));
    expect(requestsIn(state)).toBe(5);
  });

  test("adds up windows that were put together since then, if one of them changes", () => {
    const state = new SharedState(WINDOW_MS);
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
    const state = new SharedState(WINDOW_MS);
    put(state, windowAt(0, 5, 0));
    put(state, windowAt(1, 5, 0));
    expect(state.take(stateKey({ topic: "t", partition: 0 }, 0), undefined)).toBe("newer");
    expect(requestsIn(state)).toBe(10);
  });

  test("sums up what was left out", () => {
    const state = new SharedState(WINDOW_MS);
    put(state, headAt(0, 2));
    put(state, headAt(1, 3));
    expect(state.report()).toEqual({ unreadable: 5, outOfTime: 0, keyless: 2, lost: 0, first: "nonsense" });
    expect(state.newest).toBe(3_000);
  });

  test("does not take what it does not know", () => {
    const state = new SharedState(WINDOW_MS);
    const other = { ...windowAt(0, 5, 0), windowMs: 60_000 };
    expect(state.take(keyOf(other), encodeState(other))).toBe("unknown");
    expect(state.take("t/9", encodeState(headAt(0, 1)))).toBe("unknown");
    expect(state.take("t/0", Buffer.from("nonsense"))).toBe("unknown");
    expect([state.unknown, requestsIn(state)]).toEqual([3, 0]);
  });
});
