// Remembers the entries that were touched last, in two halves: to delete the first of a large `Map` again and again is slow.

/** A map of bounded size. When it is full, the half that was not touched since it was half full is forgotten. */
export class Recent<Value> {
  readonly #half: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** @param most - entries at most */
  constructor(most: number) {
    this.#half = Math.max(1, Math.floor(most / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Sets an entry; gives back those that are forgotten for it. */
  set(key: string, value: Value): ReadonlyMap<string, Value> | undefined {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return undefined;
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    return forgotten;
  }

  *values(): Generator<Value> {
    yield* this.#old.values();
    yield* this.#young.values();
  }
}
