// Folds the records of one partition into counts: a pure function of the records before an offset, so that anybody can go on with it.

import { parseJson } from "../../otlp/parse-json.ts";
import type { Work } from "../../otlp/work.ts";
import { Counts } from "../graph/counts.ts";
import { EventLines } from "../intake/event-lines.ts";
import { Intake } from "../intake/intake.ts";
import type { OpenTrace } from "../intake/open-traces.ts";
import { PartitionCounts } from "./partition-counts.ts";
import type { PartitionHead, PartitionId, PartitionWindow, Place } from "./partition-state.ts";
import { kindOf } from "./record-kind.ts";

/** One record of Kafka. */
export interface LogRecord {
  readonly offset: number;
  /** Milliseconds since the epoch, by the broker or by the producer. */
  readonly timestamp: number;
  readonly hasKey: boolean;
  readonly value: Buffer;
}

/** What is known of a partition from the compacted topic. */
export interface KnownPartition {
  readonly head: PartitionHead;
  readonly windows: readonly PartitionWindow[];
}

/** Where and how a fold begins. */
export interface FoldOptions {
  readonly id: PartitionId;
  readonly windowMs: number;
  readonly keepMs: number;
  /** What others have written; without it the fold begins at `begin`. */
  readonly known?: KnownPartition | undefined;
  /** The first offset that is read if nothing is known. */
  readonly begin: number;
  /** A trace that may have failed is whole. */
  readonly settled?: (trace: OpenTrace) => void;
}

/** What is written to the compacted topic. */
export interface Snapshot {
  /** Written first. */
  readonly windows: readonly PartitionWindow[];
  /** Windows that are no longer kept, by their starts. */
  readonly dropped: readonly number[];
  /** Written when all windows are. */
  readonly head: PartitionHead;
}

/** What is from later than this counts as from the future: clocks may differ. */
const MOST_AHEAD_MS = 60_000;
/** A trace is counted when nothing of it came for so long, by the times of the records. */
const SETTLED_MS = 8_000;
const SETTLE_EVERY_MS = 1_000;
/** Tokens of plain events are remembered for so long: a new owner reads at least as much again. */
const REMEMBERED_MS = 120_000;
/** Places at which the clock is known; more than an hour of seconds. */
const MOST_PLACES = 5_000;

/** One partition. */
export class PartitionFold {
  /** The offset at which reading has to begin. */
  readonly start: number;
  readonly #id: PartitionId;
  readonly #keepMs: number;
  readonly #countFrom: number;
  readonly #before: PartitionHead["report"];
  readonly #counts: PartitionCounts;
  readonly #intake: Intake;
  readonly #settled: ((trace: OpenTrace) => void) | undefined;
  /** The `next` of each window as it was written last. */
  readonly #written = new Map<number, number>();
  /** Where this fold began, or the oldest place that had no room; and those at which traces were settled since. */
  #first: Place;
  readonly #places: Place[] = [];
  readonly #knownNewest: number | undefined;
  /** The time of the newest record: it never goes back. */
  #clock: number;
  #settledAt: number;
  #next: number;
  #keyless = 0;
  #lost = 0;
  /** What had been left out, when counting began. */
  #leftOut: { readonly unreadable: number; readonly outOfTime: number } | undefined;

  constructor({ id, windowMs, keepMs, known, begin, settled }: FoldOptions) {
    const head = known?.head;
    const reading = readingOf(known, begin);
    this.#id = id;
    this.#keepMs = keepMs;
    this.#settled = settled;
    this.start = reading.place.offset;
    this.#first = reading.place;
    this.#clock = reading.place.clock;
    this.#settledAt = reading.place.settledAt;
    this.#countFrom = head?.next ?? begin;
    this.#next = this.start;
    this.#before = head?.report ?? { unreadable: 0, outOfTime: 0, keyless: 0, lost: 0 };
    this.#knownNewest = head?.newest;
    this.#counts = new PartitionCounts(windowMs, this.#countFrom, reading.others);
    for (const { window, next } of known?.windows ?? []) {
      this.#counts.addWindow(window);
      this.#written.set(window.start, next);
    }
    for (const { name, last, flow } of head?.services ?? []) {
      if (flow !== undefined) this.#counts.seen(name, flow, true);
      this.#counts.seen(name, last);
    }
    this.#intake = new Intake(this.#counts, () => this.#bounds(), {
      rememberedMs: REMEMBERED_MS,
      newestMs: reading.place.newest,
    });
  }

  /** The offset of the record that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Records before this offset are no longer there. */
  skipTo(offset: number): void {
    this.#lost += Math.max(0, offset - Math.max(this.#next, this.#countFrom));
    this.#next = Math.max(this.#next, offset);
  }

  /** Takes the next record; one that was taken before changes nothing. Until it is taken there is no state to be written. */
  *take({ offset, timestamp, hasKey, value }: LogRecord): Work<void> {
    if (offset < this.#next) return;
    this.#next = offset + 1;
    this.#counts.offset = offset;
    this.#intake.mark = offset;
    if (offset >= this.#countFrom) {
      this.#leftOut ??= {
        unreadable: this.#intake.report.unread.count,
        outOfTime: this.#intake.report.outOfTime,
      };
      if (!hasKey) this.#keyless++;
    }
    yield* this.#advance(offset, timestamp);
    yield* this.#read(value, timestamp);
  }

  /** The state after all records that were taken. @param isIdle - nothing has come for some time: what is pending is counted, too */
  snapshot(isIdle: boolean): Snapshot | undefined {
    // Before that the state of others is the better one.
    if (this.#next < this.#countFrom) return undefined;
    const next = this.#next;
    this.#counts.dropBefore(this.#clock - this.#keepMs);
    const place = this.#placeOf(this.#intake.oldestMark ?? next);
    const common = {
      ...this.#id,
      next,
      from: place,
      windowMs: this.#counts.windowMs,
    };
    const starts = new Set(this.#counts.starts());
    const windows = this.#counts
      .takeChanged()
      .filter((start) => starts.has(start))
      .map((start): PartitionWindow => ({ kind: "window", ...common, window: this.#counts.window(start) }));
    for (const { window } of windows) this.#written.set(window.start, next);
    const dropped = [...this.#written.keys()].filter((start) => !starts.has(start));
    for (const start of dropped) this.#written.delete(start);
    const newest = Math.max(this.#knownNewest ?? 0, this.#intake.report.newest ?? 0);
    const head: PartitionHead = {
      kind: "partition",
      ...common,
      windows: [...this.#written],
      services: [...this.#counts.services()],
      ...(newest === 0 ? undefined : { newest }),
      report: this.#report(),
      tail: isIdle ? this.#tail() : [],
    };
    return { windows, dropped, head };
  }

  /** A snapshot, or a part of it, could not be written: the next one has it, too. */
  unwritten({ windows, dropped }: Snapshot): void {
    for (const { window } of windows) this.#counts.touch(window.start);
    for (const start of dropped) this.#written.set(start, this.#next);
  }

  /** Somebody has written over a window what is not its state: it is written again with the next snapshot, if it is still there. */
  rewrite(start: number): boolean {
    if (!this.#written.has(start)) return false;
    this.#counts.touch(start);
    return true;
  }

  *#advance(offset: number, timestamp: number): Work<void> {
    this.#clock = Math.max(this.#clock, timestamp);
    if (this.#clock < this.#settledAt + SETTLE_EVERY_MS) return;
    this.#settledAt = this.#clock;
    this.#places.push(this.#placeAt(offset));
    if (this.#places.length > MOST_PLACES) this.#first = this.#places.shift() as Place;
    for (const trace of this.#intake.settle(this.#clock - SETTLED_MS)) {
      if (trace.hasFailed && offset >= this.#countFrom) this.#settled?.(trace);
      yield;
    }
  }

  *#read(value: Buffer, timestamp: number): Work<void> {
    const intake = this.#intake;
    const kind = kindOf(value);
    if (kind === "traces") yield* intake.tracesProtobuf(value, this.#clock);
    else if (kind === "metrics") yield* intake.metricsProtobuf(value);
    else if (kind === "events") {
      const lines = new EventLines(intake, () => timestamp);
      yield* lines.take(value);
      lines.end();
    } else {
      const document = yield* parsed(value);
      if (kind === "traces-json") yield* intake.tracesJson(document, this.#clock);
      else yield* intake.metricsJson(document);
    }
  }

  /** The last place at or before an offset whose clock is known: whoever begins there settles traces as this one did. */
  #placeOf(mark: number): Place {
    if (mark >= this.#next) return this.#placeAt(this.#next);
    return this.#places.findLast(({ offset }) => offset <= mark) ?? this.#first;
  }

  #placeAt(offset: number): Place {
    return { offset, clock: this.#clock, settledAt: this.#settledAt, newest: this.#intake.newestEventMs };
  }

  #bounds(): { readonly oldest: number; readonly newest: number } {
    return { oldest: this.#clock - this.#keepMs, newest: this.#clock + MOST_AHEAD_MS };
  }

  #report(): PartitionHead["report"] {
    const { unread, outOfTime } = this.#intake.report;
    const { unreadable: unreadBefore, outOfTime: lateBefore } = this.#leftOut ?? {
      unreadable: unread.count,
      outOfTime,
    };
    const first = this.#before.first ?? (unread.count > unreadBefore ? unread.first : undefined);
    return {
      unreadable: this.#before.unreadable + unread.count - unreadBefore,
      ...(first === undefined ? undefined : { first }),
      outOfTime: this.#before.outOfTime + outOfTime - lateBefore,
      keyless: this.#before.keyless + this.#keyless,
      lost: this.#before.lost + this.#lost,
    };
  }

  #tail(): PartitionHead["tail"] {
    const tail = new Counts({ windowMs: this.#counts.windowMs });
    this.#intake.countOpen(tail);
    return tail.toJSON().windows;
  }
}

interface Reading {
  readonly place: Place;
  /** Windows whose state has another offset than the head, each with the offset from which its events count. */
  readonly others: ReadonlyMap<number, number>;
}

/**
 * Where reading begins. A window that was written after the head counts from its own offset on. One that is older than the head
 * says it is, because somebody with an old state has written over it, is counted again from its own offset on.
 */
function readingOf(known: KnownPartition | undefined, begin: number): Reading {
  if (known === undefined) return { place: { offset: begin, clock: 0, settledAt: 0 }, others: new Map() };
  const { head, windows } = known;
  const listed = new Map(head.windows);
  const others = new Map<number, number>();
  let place = head.from;
  for (const { window, next, from } of windows) {
    const isOlder = next < (listed.get(window.start) ?? 0);
    if (next > head.next || isOlder) others.set(window.start, next);
    if (isOlder && from.offset < place.offset) place = from;
  }
  return { place, others };
}

function* parsed(value: Buffer): Work<unknown> {
  try {
    return yield* parseJson(value.toString("utf8"));
  } catch {
    return undefined;
  }
}
