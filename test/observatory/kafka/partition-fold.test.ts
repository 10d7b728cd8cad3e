// The fold of a partition: whoever goes on with the state of another one, from whatever moment, ends with the counts of one who read everything.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import {
  type FoldOptions,
  type KnownPartition,
  type LogRecord,
  PartitionFold,
  type Snapshot,
} from "../../../src/observatory/kafka/partition-fold.ts";
import {
  decodeState,
  encodeState,
  keyOf,
  type PartitionHead,
  type PartitionWindow,
  type StateRecord,
  stateKey,
} from "../../../src/observatory/kafka/partition-state.ts";
import { atOnce } from "../../../src/otlp/work.ts";

const START = 1_800_000_000_000;
const ID = { topic: "events", partition: 3 };
const OPTIONS: FoldOptions = { id: ID, windowMs: 10_000, keepMs: 3_600_000, begin: 0 };

/** What a record tells. */
type Told =
  | { readonly kind: "token"; readonly node: number; readonly token: number }
  | { readonly kind: "step"; readonly node: number; readonly id: number; readonly parent: number }
  | { readonly kind: "call"; readonly trace: number; readonly isAnswer: boolean; readonly failed: boolean }
  | { readonly kind: "metrics"; readonly resource: number; readonly increase: number }
  | { readonly kind: "nonsense" };

interface Step {
  readonly told: Told;
  /** Seconds since the record before; the clocks of producers may go back a little. */
  readonly later: number;
  readonly hasKey: boolean;
}

const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ kind: fc.constant("token" as const), node: fc.nat(3), token: fc.nat(8) }),
  fc.record({ kind: fc.constant("step" as const), node: fc.nat(3), id: fc.nat(60), parent: fc.nat(60) }),
  fc.record({
    kind: fc.constant("call" as const),
    trace: fc.nat(12),
    isAnswer: fc.boolean(),
    failed: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("metrics" as const), resource: fc.nat(2), increase: fc.nat(50) }),
  fc.record({ kind: fc.constant("nonsense" as const) }),
);
/** Clocks of producers go back a little; now and then there is nothing for long. */
const later = fc.oneof(
  { weight: 12, arbitrary: fc.double({ min: -2, max: 6, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 60, max: 200, noNaN: true }) },
);
const steps = fc.array(fc.record({ told, later, hasKey: fc.boolean() }), { minLength: 5, maxLength: 120 });

function logOf(all: readonly Step[]): LogRecord[] {
  let time = START;
  const sums = [0, 0, 0];
  const seen = new Set<number>();
  return all.map(({ told, later, hasKey }, offset) => {
    time += Math.round(later * 1000);
    return {
      offset,
      timestamp: time,
      hasKey,
      value: Buffer.from(textOf(told, { time, offset, sums, seen })),
    };
  });
}

function textOf(
  told: Told,
  { time, offset, sums, seen }: { time: number; offset: number; sums: number[]; seen: Set<number> },
): string {
  switch (told.kind) {
    case "token":
      return JSON.stringify({ node: `n${told.node}`, token: `t${told.token}`, time });
    case "step": {
      // An id is that of one step.
      const id = seen.has(told.id) ? {} : { id: `i${told.id}` };
      seen.add(told.id);
      return JSON.stringify({ node: `n${told.node}`, token: "x", time, parent: `i${told.parent}`, ...id });
    }
    case "call":
      return traces(told, time, offset);
    case "metrics":
      sums[told.resource] = (sums[told.resource] ?? 0) + told.increase;
      return metrics(told.resource, sums[told.resource] as number, time);
    case "nonsense":
      return "nonsense";
  }
}

const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

/** A call of `a`, with an id of its trace alone, or the answer of `b` to it. */
function traces(
  { trace, isAnswer, failed }: Extract<Told, { kind: "call" }>,
  time: number,
  offset: number,
): string {
  const call = `${trace}`.padStart(16, "c");
  const span = {
    traceId: `${trace}`.padStart(32, "a"),
    spanId: isAnswer ? `${offset}`.padStart(16, "b") : call,
    ...(isAnswer ? { parentSpanId: call } : {}),
    kind: isAnswer ? 2 : 3,
    name: "x",
    startTimeUnixNano: `${time}000000`,
    endTimeUnixNano: `${time + 7}000000`,
    status: { code: failed ? 2 : 0 },
    attributes: isAnswer ? [] : [attribute("server.address", "peer")],
  };
  const resource = { attributes: [attribute("service.name", isAnswer ? "b" : "a")] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

function metrics(instance: number, sum: number, time: number): string {
  const dataPoints = [
    {
      attributes: [attribute("client", "m"), attribute("server", `n${instance}`)],
      startTimeUnixNano: `${START - 1_000}000000`,
      timeUnixNano: `${time}000000`,
      asInt: `${sum}`,
    },
  ];
  const metric = {
    name: "traces_service_graph_request_total",
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints },
  };
  const resource = {
    attributes: [attribute("service.name", "m"), attribute("service.instance.id", `${instance}`)],
  };
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] });
}

/** The compacted topic: of each key the state with the highest offset, or what was written last. */
class Store {
  readonly #records = new Map<string, Buffer>();
  readonly #keepsHighest: boolean;

  constructor(keepsHighest: boolean) {
    this.#keepsHighest = keepsHighest;
  }

  /** @param most - the writer dies after so many records */
  write({ windows, dropped, head }: Snapshot, most = Number.POSITIVE_INFINITY): void {
    for (const start of dropped) this.#records.delete(stateKey(ID, start));
    for (const record of [...windows, head].slice(0, most)) {
      const before = this.#records.get(keyOf(record));
      if (
        this.#keepsHighest &&
        before !== undefined &&
        (decodeState(before) as StateRecord).next > record.next
      )
        continue;
      this.#records.set(keyOf(record), encodeState(record));
    }
  }

  known(): KnownPartition | undefined {
    const all = [...this.#records.values()].map((value) => decodeState(value) as StateRecord);
    const head = all.find((one): one is PartitionHead => one.kind === "partition");
    return head && { head, windows: all.filter((one): one is PartitionWindow => one.kind === "window") };
  }

  /** All that it shows, in an order of its own. */
  shown(): unknown {
    const known = this.known();
    if (known === undefined) return undefined;
    const counts = new Counts({ windowMs: OPTIONS.windowMs });
    for (const { window } of known.windows) counts.addWindow(window);
    for (const window of known.head.tail) counts.addWindow(window);
    const { next, report, newest, services } = known.head;
    return {
      next,
      report,
      newest,
      services: [...services].sort(byText),
      windows: counts.toJSON().windows.map(plain).sort(byText),
    };
  }
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Sums of durations are fractions: their last digits depend on the order. */
function plain({ start, cells }: ReturnType<Counts["window"]>): unknown {
  const text = (value: unknown): string =>
    JSON.stringify(value, (key, one) => (key === "sum" ? Math.round(one * 1e6) : one));
  return { start, cells: cells.map(text).sort() };
}

function readAll(log: readonly LogRecord[]): unknown {
  const fold = new PartitionFold(OPTIONS);
  for (const record of log) atOnce(fold.take(record));
  const store = new Store(true);
  store.write(fold.snapshot(true) as Snapshot);
  return store.shown();
}

/** An owner, who reads so far, writes now and then, and dies: perhaps in the middle of writing. */
interface Owner {
  readonly records: number;
  readonly snapshotEvery: number;
  readonly written: number;
}

const owners = fc.array(
  fc.record({
    records: fc.integer({ min: 1, max: 60 }),
    snapshotEvery: fc.integer({ min: 1, max: 12 }),
    written: fc.nat(6),
  }),
  { maxLength: 6 },
);

function own(
  store: Store,
  log: readonly LogRecord[],
  { records, snapshotEvery, written }: Owner,
  until = log.length,
): void {
  const known = store.known();
  const fold = new PartitionFold({ ...OPTIONS, known });
  const end = Math.min(until, (known?.head.next ?? 0) + records);
  for (const record of log.slice(fold.start, end)) {
    atOnce(fold.take(record));
    if (record.offset % snapshotEvery !== 0) continue;
    const snapshot = fold.snapshot(record.offset % 2 === 0);
    if (snapshot !== undefined) store.write(snapshot);
  }
  const last = fold.snapshot(false);
  if (last !== undefined) store.write(last, written);
}

function finish(store: Store, log: readonly LogRecord[]): unknown {
  const fold = new PartitionFold({ ...OPTIONS, known: store.known() });
  for (const record of log.slice(fold.start)) atOnce(fold.take(record));
  store.write(fold.snapshot(true) as Snapshot);
  return store.shown();
}

describe("whoever goes on with a partition", () => {
  test("ends with the counts of one who read everything, whenever the others have died", () => {
    fc.assert(
      fc.property(steps, owners, (all, lives) => {
        const log = logOf(all);
        const store = new Store(true);
        for (const life of lives) own(store, log, life);
        expect(finish(store, log)).toEqual(readAll(log));
      }),
      { numRuns: 400 },
    );
  });

  test("does so, too, if an owner of before wakes up and writes its old state over the new one", () => {
    fc.assert(
      fc.property(steps, owners, fc.nat(60), (all, lives, old) => {
        const log = logOf(all);
        const store = new Store(false);
        for (const life of lives) own(store, log, life);
        const sleeper = new PartitionFold(OPTIONS);
        for (const record of log.slice(0, Math.min(old, store.known()?.head.next ?? 0)))
          atOnce(sleeper.take(record));
        const snapshot = sleeper.snapshot(false);
        if (snapshot !== undefined && store.known() !== undefined)
          store.write({ ...snapshot, head: (store.known() as KnownPartition).head });
        expect(finish(store, log)).toEqual(readAll(log));
      }),
      { numRuns: 200 },
    );
  });

  test("takes a record that comes again once", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(60), { maxLength: 10 }), (all, again) => {
        const log = logOf(all);
        const fold = new PartitionFold(OPTIONS);
        for (const record of log) {
          atOnce(fold.take(record));
          for (const back of again) atOnce(fold.take(log[Math.max(0, record.offset - back)] as LogRecord));
        }
        const store = new Store(true);
        store.write(fold.snapshot(true) as Snapshot);
        expect(store.shown()).toEqual(readAll(log));
      }),
      { numRuns: 100 },
    );
  });
});

test("what could not be written is written with the next snapshot", () => {
  fc.assert(
    fc.property(steps, fc.nat(9), fc.nat(4), (all, every, some) => {
      const log = logOf(all);
      const fold = new PartitionFold({ ...OPTIONS, keepMs: 300_000 });
      const store = new Store(true);
      for (const record of log) {
        atOnce(fold.take(record));
        const snapshot = record.offset % (every + 2) === 0 ? fold.snapshot(false) : undefined;
        if (snapshot === undefined) continue;
        store.write({ ...snapshot, dropped: [] }, Math.min(some, snapshot.windows.length));
        fold.unwritten(snapshot);
      }
      store.write(fold.snapshot(true) as Snapshot);
      const other = new PartitionFold({ ...OPTIONS, keepMs: 300_000 });
      for (const record of log) atOnce(other.take(record));
      const whole = new Store(true);
      whole.write(other.snapshot(true) as Snapshot);
      expect(store.shown()).toEqual(whole.shown());
    }),
    { numRuns: 200 },
  );
});

test("these logs have something to count: calls, tokens, steps and metrics", () => {
  const sources = new Set<string>();
  for (const all of fc.sample(steps, { numRuns: 300, seed: 1 })) {
    const fold = new PartitionFold(OPTIONS);
    for (const record of logOf(all)) atOnce(fold.take(record));
    const { windows, head } = fold.snapshot(true) as Snapshot;
    for (const { cells } of [...windows.map(({ window }) => window), ...head.tail])
      for (const { source } of cells) sources.add(source);
  }
  expect([...sources].sort()).toEqual(["flow", "ids", "inferred", "reversed", "spans"]);
});

test("what was left out is counted once, and with its first words", () => {
  const log = logOf([
    { told: { kind: "nonsense" }, later: 0, hasKey: true },
    { told: { kind: "nonsense" }, later: 1, hasKey: false },
  ]);
  const store = new Store(true);
  own(store, log, { records: 1, snapshotEvery: 1, written: 9 });
  own(store, log, { records: 1, snapshotEvery: 1, written: 9 });
  expect(store.known()?.head.report).toEqual({
    unreadable: 2,
    first: "a line that is no JSON: nonsense",
    outOfTime: 0,
    keyless: 1,
    lost: 0,
  });
});

test("records that are gone are told, and the rest counts", () => {
  const fold = new PartitionFold({ ...OPTIONS, begin: 5 });
  fold.skipTo(12);
  expect(fold.snapshot(false)?.head).toMatchObject({ next: 12, report: { lost: 7 } });
});

test("no bytes are a state that is not ours", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeState(Buffer.from(bytes))).toBeUndefined();
    }),
  );
});
