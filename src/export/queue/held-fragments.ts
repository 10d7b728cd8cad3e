// Holds the fragments of a queue in order, within bounds of spans and bytes, and decides what is dropped first when it is full.
import { ANSWERED, CAUSE, FAILED, type Level } from "../../tree/weight.ts";
import { type HeldFragment, RANK_COUNT, type Size } from "./held-fragment.ts";

/** Sums over several fragments. */
export interface Totals {
  fragments: number;
  spans: number;
  bytes: number;
  represents: number;
}

/** Most that is in one export; a larger fragment is exported alone. */
export interface BatchBounds extends Size {
  readonly fragments: number;
}

/** What was dropped to make room for a fragment. */
export interface Added {
  /** Fragments that are no longer held, or the new one itself. */
  readonly dropped: readonly HeldFragment[];
  /** How many spans were dropped from fragments that stay. */
  readonly shed: number;
}

/** Fragments in the order in which they came. Those with the exporter count against the bounds like those that are queued. */
export class HeldFragments {
  readonly #bounds: Size;
  readonly #lines: readonly Line[] = Array.from({ length: RANK_COUNT }, () => new Line());
  readonly #sending = new Set<HeldFragment>();
  readonly #totals: Totals = { fragments: 0, spans: 0, bytes: 0, represents: 0 };
  #nextPlace = 0;

  constructor(bounds: Size) {
    this.#bounds = bounds;
  }

  /** All that is held, queued or with the exporter. */
  get totals(): Readonly<Totals> {
    return this.#totals;
  }

  /** All that is queued, and not with the exporter. */
  get queued(): Size {
    let spans = 0;
    let bytes = 0;
    for (const line of this.#lines) {
      spans += line.spans;
      bytes += line.bytes;
    }
    return { spans, bytes };
  }

  /**
   * Queues a fragment. Its important spans get room: first, less important spans of other fragments of its rank or a lower
   * one are dropped, then the oldest of these fragments. Its other spans only take room that is free. It is refused if there
   * is not even room for its root cause.
   */
  add(held: HeldFragment): Added {
    const least = this.#leastOf(held);
    const size = held.sizeFrom(least);
    if (!this.#canFit(size, held.rank)) {
      held.state = "done";
      return { dropped: [held], shed: 0 };
    }
    const dropped: HeldFragment[] = [];
    let shed = 0;
    for (const line of this.#lines) {
      for (const other of line.sheddable) {
        if (this.#fits(size)) break;
        shed += this.#shed(other, this.#overshoot(size), FAILED);
      }
      while (line.first !== undefined && !this.#fits(size)) {
        const oldest = line.first;
        this.release(oldest);
        dropped.push(oldest);
      }
    }
    shed += held.shed(this.#room, least);
    held.place = this.#nextPlace++;
    this.#lineOf(held).push(held);
    this.#sum(held, 1);
    return { dropped, shed };
  }

  /** Drops all spans but the failures of a fragment, or all but its cause; returns how many it lost. */
  reduce(held: HeldFragment): number {
    const all = { spans: held.spans.length, bytes: held.bytes };
    return this.#shed(held, all, FAILED) || this.#shed(held, all, CAUSE);
  }

  /** Takes the oldest that are queued, as many as one export may have; they are held until released or given back. */
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

  /** Queues again what was taken, before all that came after it. */
  giveBack(batch: readonly HeldFragment[]): void {
    for (let i = batch.length - 1; i >= 0; i--) {
      const held = batch[i] as HeldFragment;
      this.#sending.delete(held);
      held.state = "waiting";
      this.#lineOf(held).unshift(held);
    }
  }

  /** Forgets a fragment, queued or with the exporter. */
  release(held: HeldFragment): void {
    if (held.state === "waiting") this.#lineOf(held).remove(held);
    else this.#sending.delete(held);
    held.state = "done";
    this.#sum(held, -1);
  }

  /** Forgets all fragments, and returns them. */
  clear(): HeldFragment[] {
    const all = [...this.#sending];
    for (const line of this.#lines) {
      for (let held = line.first; held !== undefined; held = held.after) all.push(held);
    }
    for (const held of all) this.release(held);
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

  get #room(): Size {
    return {
      spans: this.#bounds.spans - this.#totals.spans,
      bytes: this.#bounds.bytes - this.#totals.bytes,
    };
  }

  #fits({ spans, bytes }: Size): boolean {
    const room = this.#room;
    return spans <= room.spans && bytes <= room.bytes;
  }

  /** How much more than there is room for. */
  #overshoot({ spans, bytes }: Size): Size {
    const room = this.#room;
    return { spans: spans - room.spans, bytes: bytes - room.bytes };
  }

  /** The least important level of a fragment for which others are dropped. */
  #leastOf(held: HeldFragment): Level {
    if (this.#fits(held.sizeFrom(ANSWERED))) return ANSWERED;
    return this.#canFit(held.sizeFrom(FAILED), held.rank) ? FAILED : CAUSE;
  }

  /** It fits, or would without the queued fragments of its rank or a lower one. */
  #canFit({ spans, bytes }: Size, rank: number): boolean {
    let { spans: roomSpans, bytes: roomBytes } = this.#room;
    for (let i = 0; i <= rank; i++) {
      const line = this.#lines[i] as Line;
      roomSpans += line.spans;
      roomBytes += line.bytes;
    }
    return spans <= roomSpans && bytes <= roomBytes;
  }

  /** Drops so much of a fragment, as far as it is less important than `least`; returns how many spans it lost. */
  #shed(held: HeldFragment, { spans, bytes }: Size, least: Level): number {
    this.#sum(held, -1);
    const line = held.state === "waiting" ? this.#lineOf(held) : undefined;
    line?.grow(held, -1);
    const dropped = held.shed({ spans: held.spans.length - spans, bytes: held.bytes - bytes }, least);
    line?.grow(held, 1);
    this.#sum(held, 1);
    return dropped;
  }

  #sum(held: HeldFragment, sign: 1 | -1): void {
    this.#totals.fragments += sign;
    this.#totals.spans += sign * held.spans.length;
    this.#totals.bytes += sign * held.bytes;
    this.#totals.represents += sign * held.represents;
  }
}

/** Fragments of one rank in a linked list: any of them is removed in one step, however long the list is. */
class Line {
  first: HeldFragment | undefined;
  #last: HeldFragment | undefined;
  spans = 0;
  bytes = 0;
  /** Those with spans that may be dropped, the oldest first. */
  readonly sheddable = new Set<HeldFragment>();

  push(held: HeldFragment): void {
    held.before = this.#last;
    if (this.#last === undefined) this.first = held;
    else this.#last.after = held;
    this.#last = held;
    this.grow(held, 1);
  }

  unshift(held: HeldFragment): void {
    held.after = this.first;
    if (this.first === undefined) this.#last = held;
    else this.first.before = held;
    this.first = held;
    this.grow(held, 1);
  }

  remove(held: HeldFragment): void {
    const { before, after } = held;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // A fragment that a hung exporter keeps must not keep its neighbours in memory.
    held.before = undefined;
    held.after = undefined;
    this.grow(held, -1);
  }

  /** Adds the size of a fragment to the sums, or subtracts it. */
  grow(held: HeldFragment, sign: 1 | -1): void {
    this.spans += sign * held.spans.length;
    this.bytes += sign * held.bytes;
    if (sign === 1 && held.hasLessThan(FAILED)) this.sheddable.add(held);
    else this.sheddable.delete(held);
  }
}
