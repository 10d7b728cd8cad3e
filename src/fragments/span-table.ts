// Keeps span entries by span id, and fragments by age, in tables that leave no garbage behind.
//
// A `Map` or `Set` in which entries come and go copies itself every hundred or so insertions, and each copy leaves its
// predecessor in the old generation. There it keeps everything that was in it alive until the next full collection: with
// two maps on the path of a request nearly half of all requests were promoted with all their spans, and the collector's
// helper threads took as much time as the rest of this library. Measured on Node 24.

const FIRST_BUCKETS = 1024;

/** What a {@link SpanTable} holds. Its link is the table's own. */
export interface Chained {
  readonly spanId: string;
  next: this | undefined;
}

/** A hash table of chains; the links are fields of the entries. */
export class SpanTable<Entry extends Chained> {
  #buckets: (Entry | undefined)[] = new Array(FIRST_BUCKETS).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(spanId: string): Entry | undefined {
    let entry = this.#buckets[this.#bucketOf(spanId)];
    while (entry !== undefined && entry.spanId !== spanId) entry = entry.next;
    return entry;
  }

  /** Adds an entry whose span id is not in the table. */
  add(entry: Entry): void {
    if (this.#size >= this.#buckets.length) this.#grow();
    this.#link(entry);
    this.#size++;
  }

  delete(spanId: string): void {
    const bucket = this.#bucketOf(spanId);
    let before: Entry | undefined;
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

  #link(entry: Entry): void {
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

  /** The hash is made of the last characters of a span id: ids are random, and a peer cannot choose ours. */
  #bucketOf(spanId: string): number {
    let hash = 0;
    for (let i = Math.max(0, spanId.length - 6); i < spanId.length; i++) {
      hash = (Math.imul(hash, 31) + spanId.charCodeAt(i)) | 0;
    }
    return (hash ^ (hash >>> 10)) & (this.#buckets.length - 1);
  }
}

/** What an {@link AgeList} holds extends this class. Only a list reaches the links: nothing else can change them. */
export abstract class Aged {
  #older: Aged | undefined = undefined;
  #younger: Aged | undefined = undefined;
  #isListed = false;

  static older(item: Aged): Aged | undefined {
    return item.#older;
  }

  static younger(item: Aged): Aged | undefined {
    return item.#younger;
  }

  /** Puts an item behind the youngest one. */
  static append(item: Aged, youngest: Aged | undefined): void {
    item.#older = youngest;
    if (youngest !== undefined) youngest.#younger = item;
    item.#isListed = true;
  }

  /** Takes an item out from between its neighbours; false if it is in no list. */
  static unlink(item: Aged): boolean {
    if (!item.#isListed) return false;
    if (item.#older !== undefined) item.#older.#younger = item.#younger;
    if (item.#younger !== undefined) item.#younger.#older = item.#older;
    item.#older = undefined;
    item.#younger = undefined;
    item.#isListed = false;
    return true;
  }
}

/** A list linked in both directions, the oldest first. */
export class AgeList<Item extends Aged> {
  #oldest: Item | undefined;
  #youngest: Item | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): Item | undefined {
    return this.#oldest;
  }

  add(item: Item): void {
    Aged.append(item, this.#youngest);
    this.#oldest ??= item;
    this.#youngest = item;
    this.#size++;
  }

  delete(item: Item): void {
    const older = Aged.older(item) as Item | undefined;
    const younger = Aged.younger(item) as Item | undefined;
    if (!Aged.unlink(item)) return;
    if (this.#oldest === item) this.#oldest = younger;
    if (this.#youngest === item) this.#youngest = older;
    this.#size--;
  }

  /** All of them, the oldest first; the current one may be deleted during the loop. */
  *[Symbol.iterator](): Generator<Item> {
    for (let item = this.#oldest; item !== undefined; ) {
      const younger = Aged.younger(item) as Item | undefined;
      yield item;
      item = younger;
    }
  }
}
