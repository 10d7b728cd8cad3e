// Holds what all observers of a group have written to the compacted topic, and makes one picture of it.
import { Counts } from "../graph/counts.ts";
import type { KnownPartition } from "./partition-fold.ts";
import {
  decodeState,
  keyOf,
  type PartitionHead,
  type PartitionId,
  type PartitionReport,
  type PartitionWindow,
  stateKey,
} from "./partition-state.ts";

/** Encoded, as it came: as objects the windows of many partitions would need some thirty times the memory. */
interface StoredWindow {
  readonly next: number;
  readonly value: Buffer;
}

interface Partition {
  head: PartitionHead | undefined;
  readonly windows: Map<number, StoredWindow>;
}

/** What became of a record. `later`: it is of an offset that is not known to be there; {@link SharedState.reach} decides. */
export type Taken = "newer" | "older" | "unknown" | "later";

/** The offset after the last record of a partition; `undefined` if there is no such partition. */
export type EndOf = (id: PartitionId) => number | undefined;

/** Clocks of observers and producers may differ. */
const MOST_AHEAD_MS = 86_400_000;
/** Records that wait for the end of their partition to be known. */
const MOST_LATER = 10_000;

/** Of each key the state with the highest offset counts, in whatever order they come. */
export class SharedState {
  /** All that is shown. */
  readonly counts: Counts;
  readonly #partitions = new Map<string, Partition>();
  /** Windows that have to be added up anew. */
  readonly #changed = new Set<number>();
  /** By key. */
  readonly #later = new Map<string, Buffer>();
  readonly #now: () => number;
  #endOf: EndOf | undefined;
  #newest: number | undefined;
  #unknown = 0;

  /** @param now - in milliseconds since the epoch */
  constructor(windowMs: number, now: () => number) {
    this.counts = new Counts({ windowMs });
    this.#now = now;
  }

  /** Time of the newest event, in milliseconds since the epoch. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** Records that are damaged, of another version, of offsets that are not there, or of windows of another width. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Takes a record of the topic; without a value it says that a window is kept no longer. */
  take(key: string, value: Buffer | undefined): Taken {
    if (value === undefined || value.length === 0) return this.#forget(key);
    const record = decodeState(value, this.#now() + MOST_AHEAD_MS);
    if (record === undefined || record.windowMs !== this.counts.windowMs || keyOf(record) !== key)
      return this.#refuse();
    // The highest offset counts: a wrong one that is higher than all would count for ever.
    if (this.#endOf !== undefined && !(record.next <= (this.#endOf(record) ?? -1))) {
      if (this.#later.size >= MOST_LATER && !this.#later.has(key)) return this.#refuse();
      this.#later.set(key, value);
      return "later";
    }
    const partition = this.#partition(record);
    const before = record.kind === "partition" ? partition.head : partition.windows.get(record.window.start);
    if (before !== undefined && before.next > record.next) return "older";
    if (record.kind === "window") {
      partition.windows.set(record.window.start, { next: record.next, value });
      this.#changed.add(record.window.start);
      return "newer";
    }
    for (const { start } of [...(partition.head?.tail ?? []), ...record.tail]) this.#changed.add(start);
    partition.head = record;
    if (record.newest !== undefined) this.#newest = Math.max(this.#newest ?? 0, record.newest);
    return "newer";
  }

  /** True if {@link reach} has to say something. */
  get isWaiting(): boolean {
    return this.#later.size > 0;
  }

  /** The partitions reach so far now: takes what has waited for that, and gives back the keys of what is of offsets that are not there. */
  reach(endOf: EndOf): string[] {
    this.#endOf = endOf;
    const waiting = [...this.#later];
    this.#later.clear();
    const refused = waiting.flatMap(([key, value]) => (this.take(key, value) === "later" ? [key] : []));
    for (const key of refused) {
      this.#later.delete(key);
      this.#refuse();
    }
    return refused;
  }

  /** What is known of a partition. */
  known(id: PartitionId): KnownPartition | undefined {
    const { head, windows } = this.#partitions.get(stateKey(id)) ?? {};
    return head && windows && { head, windows: [...windows.values()].flatMap(decoded) };
  }

  /** What was left out of all partitions. */
  report(): PartitionReport {
    const sum = { unreadable: 0, outOfTime: 0, keyless: 0, lost: 0 };
    let first: string | undefined;
    for (const { head } of this.#partitions.values()) {
      if (head === undefined) continue;
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += head.report[name];
      first ??= head.report.first;
    }
    return { ...sum, ...(first === undefined ? undefined : { first }) };
  }

  /** Brings {@link counts} up to date: each window is the sum of those of all partitions. Old ones may have been put together there. */
  refresh(): void {
    const changed = new Set([...this.#changed].map((start) => this.counts.startOf(start)));
    for (const start of changed) this.counts.dropWindow(start);
    for (const { head, windows } of changed.size === 0 ? [] : this.#partitions.values()) {
      const known = [...windows].flatMap(([start, one]) =>
        changed.has(this.counts.startOf(start)) ? decoded(one) : [],
      );
      for (const window of [...known.map((one) => one.window), ...(head?.tail ?? [])]) {
        const start = this.counts.startOf(window.start);
        if (changed.has(start)) this.counts.addWindow({ ...window, start });
      }
    }
    this.#changed.clear();
    for (const { head } of this.#partitions.values()) {
      for (const { name, last, flow } of head?.services ?? []) {
        if (flow !== undefined) this.counts.seen(name, flow, true);
        this.counts.seen(name, last);
      }
    }
  }

  #partition(id: PartitionId): Partition {
    const key = stateKey(id);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = { head: undefined, windows: new Map() };
      this.#partitions.set(key, partition);
    }
    return partition;
  }

  #refuse(): Taken {
    this.#unknown++;
    return "unknown";
  }

  #forget(key: string): Taken {
    this.#later.delete(key);
    const end = key.lastIndexOf("/");
    const [partition, start] = [this.#partitions.get(key.slice(0, end)), Number(key.slice(end + 1))];
    if (partition === undefined || !partition.windows.delete(start)) return "unknown";
    this.#changed.add(start);
    return "newer";
  }
}

function decoded({ value }: StoredWindow): PartitionWindow[] {
  const record = decodeState(value);
  return record?.kind === "window" ? [record] : [];
}
