// Span entries by span id, and fragments by age, in tables that leave no garbage behind.
//
// A `Map` or `Set` in which entries come and go copies itself every hundred or so insertions, and each copy leaves its
// predecessor in the old generation. There it keeps everything that was in it alive until the next full collection: with
// two maps on the path of a request nearly half of all requests were promoted with all their spans, and the collector's
// helper threads took as much time as the rest of this library. Measured on Node 24.
import type { Fragment, SpanEntry } from "./fragment.ts";

const FIRST_BUCKETS = 1024;

/** A hash table of chains; the links are fields of the entries. */
export class SpanTable {
  #buckets: (SpanEntry | undefined)[] = new Array(FIRST_BUCKETS).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(spanId: string): SpanEntry | undefined {
    let entry = this.#buckets[this.#bucketOf(spanId)];
    while (entry !== undefined && entry.spanId !== spanId) entry = entry.next;
    return entry;
  }

  /** Adds an entry whose span id is not in the table. */
  add(entry: SpanEntry): void {
    if (this.#size >= this.#buckets.length) this.#grow();
    this.#link(entry);
    this.#size++;
  }

  delete(spanId: string): void {
    const bucket = this.#bucketOf(spanId);
    let before: SpanEntry | undefined;
    let entry = this.#buckets[bucket];
    while (entry !== undefined && entry.spanId !== spanId) {
      before = entry;
      entry = entry.next;
    }
    if (entry === undefined) return;
    if (before === undefined) this.#buckets[bucket] = entry.next;
    else before.next = entry.next;
    entry.next = undefined;
    this.#size--;
  }

  #link(entry: SpanEntry): void {
    const bucket = this.#bucketOf(entry.spanId);
    entry.next = this.#buckets[bucket];
    this.#buckets[bucket] = entry;
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = new Array(old.length * 2).fill(undefined);
    for (const first of old) {
      for (let entry = first; entry !== undefined; ) {
        const { next } = entry;
        this.#link(entry);
        entry = next;
      }
    }
    old.fill(undefined);
  }

  /** Span ids are random: their last characters are hash enough. A peer chooses none of them. */
  #bucketOf(spanId: string): number {
    let hash = 0;
    for (let i = Math.max(0, spanId.length - 6); i < spanId.length; i++) {
      hash = (Math.imul(hash, 31) + spanId.charCodeAt(i)) | 0;
    }
    return (hash ^ (hash >>> 10)) & (this.#buckets.length - 1);
  }
}

/** A list linked in both directions, the oldest fragment first; the links are fields of the fragments. */
export class FragmentList {
  #first: Fragment | undefined;
  #last: Fragment | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): Fragment | undefined {
    return this.#first;
  }

  add(fragment: Fragment): void {
    fragment.older = this.#last;
    if (this.#last === undefined) this.#first = fragment;
    else this.#last.younger = fragment;
    this.#last = fragment;
    fragment.listed = true;
    this.#size++;
  }

  delete(fragment: Fragment): void {
    if (!fragment.listed) return;
    const { older, younger } = fragment;
    if (older === undefined) this.#first = younger;
    else older.younger = younger;
    if (younger === undefined) this.#last = older;
    else younger.older = older;
    fragment.older = undefined;
    fragment.younger = undefined;
    fragment.listed = false;
    this.#size--;
  }

  /** The fragments, the oldest first; the one in hand may be deleted meanwhile. */
  *[Symbol.iterator](): Generator<Fragment> {
    for (let fragment = this.#first; fragment !== undefined; ) {
      const { younger } = fragment;
      yield fragment;
      fragment = younger;
    }
  }
}
