// The fragments that a queue holds, in order, within bounds of spans and bytes: what is let go of first when they are full.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Verdict } from "../../model/tree.ts";
import { estimatedBytes } from "./span-bytes.ts";

/** A fragment as it is given to a queue. */
export interface QueuedFragment {
  /** Forced copies of its spans. */
  readonly spans: readonly ReadableSpan[];
  readonly verdict: Verdict;
  /** Trees that it stands for (`error_tree.represents`); 0 for an asked fragment. */
  readonly represents: number;
}

/** Sums over several fragments. */
export interface Totals {
  fragments: number;
  spans: number;
  bytes: number;
  represents: number;
}

/** What the fragments held may come to. */
export interface Bounds {
  readonly spans: number;
  readonly bytes: number;
}

/** How much goes out in one export; a fragment that is larger goes alone. */
export interface BatchBounds extends Bounds {
  readonly fragments: number;
}

/** Let go of first to last: what was answered well, what was rejected as it should be, what failed. */
const RANKS: Readonly<Record<Verdict, number>> = { ok: 0, handled: 0, rejected: 1, failed: 2 };
const RANK_COUNT = 3;

/** A fragment in a queue. */
export class HeldFragment {
  readonly spans: readonly ReadableSpan[];
  readonly represents: number;
  readonly rank: number;
  readonly bytes: number;
  /** Where it is: in line, handed to the exporter, or exported or dropped. */
  state: "waiting" | "sending" | "settled" = "waiting";
  /** A call that had been given up has brought it after all, while another one brings it again. */
  arrived = false;
  /** How often it failed with nothing beside it. */
  lonelyFailures = 0;
  /** It failed alone where another one then went out. */
  suspect = false;
  /** Its place among all. */
  place = 0;
  before: HeldFragment | undefined;
  after: HeldFragment | undefined;

  constructor({ spans, verdict, represents }: QueuedFragment) {
    this.spans = spans;
    this.represents = represents;
    this.rank = RANKS[verdict];
    let bytes = 0;
    for (const span of spans) bytes += estimatedBytes(span);
    this.bytes = bytes;
  }
}

/** Fragments in the order in which they came. Those handed to the exporter count against the bounds like those in line. */
export class HeldFragments {
  readonly #bounds: Bounds;
  readonly #lines: readonly Line[] = Array.from({ length: RANK_COUNT }, () => new Line());
  readonly #sending = new Set<HeldFragment>();
  readonly #totals: Totals = { fragments: 0, spans: 0, bytes: 0, represents: 0 };
  #nextPlace = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** All that is held, in line or with the exporter. */
  get totals(): Readonly<Totals> {
    return this.#totals;
  }

  /** Puts a fragment in line; returns what had to go for it, or itself where nothing less than it makes enough room. */
  add(held: HeldFragment): HeldFragment[] {
    if (!this.#canFit(held)) {
      held.state = "settled";
      return [held];
    }
    const dropped: HeldFragment[] = [];
    for (const line of this.#lines) {
      while (line.first !== undefined && !this.#fits(held)) {
        const oldest = line.first;
        this.settle(oldest);
        dropped.push(oldest);
      }
    }
    held.place = this.#nextPlace++;
    this.#lineOf(held).push(held);
    this.#sum(held, 1);
    return dropped;
  }

  /** Takes the oldest in line, as many as share an export; they stay held until they are settled or given back. */
  take(most: BatchBounds): HeldFragment[] {
    const batch: HeldFragment[] = [];
    let spans = 0;
    let bytes = 0;
    for (;;) {
      const next = this.#oldest();
      if (next === undefined || batch.length >= most.fragments) return batch;
      spans += next.spans.length;
      bytes += next.bytes;
      if (batch.length > 0 && (spans > most.spans || bytes > most.bytes)) return batch;
      this.#lineOf(next).remove(next);
      next.state = "sending";
      this.#sending.add(next);
      batch.push(next);
    }
  }

  /** Puts what was taken back in line, before all that came after it. */
  giveBack(batch: readonly HeldFragment[]): void {
    for (let i = batch.length - 1; i >= 0; i--) {
      const held = batch[i] as HeldFragment;
      this.#sending.delete(held);
      held.state = "waiting";
      this.#lineOf(held).unshift(held);
    }
  }

  /** Holds a fragment no more, in line or with the exporter. */
  settle(held: HeldFragment): void {
    if (held.state === "waiting") this.#lineOf(held).remove(held);
    else this.#sending.delete(held);
    held.state = "settled";
    this.#sum(held, -1);
  }

  /** Holds nothing any more; returns all that was held. */
  clear(): HeldFragment[] {
    const all = [...this.#sending];
    for (const line of this.#lines) {
      for (let held = line.first; held !== undefined; held = held.after) all.push(held);
    }
    for (const held of all) this.settle(held);
    return all;
  }

  #lineOf(held: HeldFragment): Line {
    return this.#lines[held.rank] as Line;
  }

  #oldest(): HeldFragment | undefined {
    let oldest: HeldFragment | undefined;
    for (const { first } of this.#lines) {
      if (first !== undefined && (oldest === undefined || first.place < oldest.place)) oldest = first;
    }
    return oldest;
  }

  #fits(held: HeldFragment, freedSpans = 0, freedBytes = 0): boolean {
    const spans = this.#totals.spans - freedSpans + held.spans.length;
    const bytes = this.#totals.bytes - freedBytes + held.bytes;
    return spans <= this.#bounds.spans && bytes <= this.#bounds.bytes;
  }

  /** It fits, or would without what is in line and goes before it. */
  #canFit(held: HeldFragment): boolean {
    let spans = 0;
    let bytes = 0;
    for (let rank = 0; rank <= held.rank; rank++) {
      const line = this.#lines[rank] as Line;
      spans += line.spans;
      bytes += line.bytes;
    }
    return this.#fits(held, spans, bytes);
  }

  #sum(held: HeldFragment, sign: 1 | -1): void {
    this.#totals.fragments += sign;
    this.#totals.spans += sign * held.spans.length;
    this.#totals.bytes += sign * held.bytes;
    this.#totals.represents += sign * held.represents;
  }
}

/** Fragments of one rank in a list: any of them is taken out in one step, however long the line is. */
class Line {
  first: HeldFragment | undefined;
  #last: HeldFragment | undefined;
  spans = 0;
  bytes = 0;

  push(held: HeldFragment): void {
    held.before = this.#last;
    if (this.#last === undefined) this.first = held;
    else this.#last.after = held;
    this.#last = held;
    this.#grow(held, 1);
  }

  unshift(held: HeldFragment): void {
    held.after = this.first;
    if (this.first === undefined) this.#last = held;
    else this.first.before = held;
    this.first = held;
    this.#grow(held, 1);
  }

  remove(held: HeldFragment): void {
    const { before, after } = held;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // One that a hung exporter keeps must not keep its neighbours.
    held.before = undefined;
    held.after = undefined;
    this.#grow(held, -1);
  }

  #grow(held: HeldFragment, sign: 1 | -1): void {
    this.spans += sign * held.spans.length;
    this.bytes += sign * held.bytes;
  }
}
