// Remembers the entries that were touched last, in two halves: to delete the first of a large `Map` again and again is slow.

/** How much is kept. */
export interface RecentLimits<Value> {
  readonly most: number;
  /** Of all entries together. */
  readonly mostBytes: number;
  /** The memory of one entry, about. */
  bytesOf(key: string, value: Value): number;
}

/** A map of bounded size. When it is full, the half that was not touched since it was half full is forgotten. */
export class Recent<Value> {
  readonly #limits: RecentLimits<Value>;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  /** Of the young half. */
  #bytes = 0;

  constructor(limits: RecentLimits<Value>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Sets an entry; gives back those that are forgotten for it. */
  set(key: string, value: Value): ReadonlyMap<string, Value> | undefined {
    const { most, mostBytes, bytesOf } = this.#limits;
    const before = this.#young.get(key);
    this.#bytes += bytesOf(key, value) - (before === undefined ? 0 : bytesOf(key, before));
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < Math.max(1, Math.floor(most / 2)) && this.#bytes < mostBytes / 2) return undefined;
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    this.#bytes = 0;
    return forgotten;
  }

  *values(): Generator<Value> {
    yield* this.#old.values();
    yield* this.#young.values();
  }
}
