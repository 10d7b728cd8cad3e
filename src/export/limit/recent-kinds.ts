// Remembers which kinds of failing trees were exported lately, so that the first tree of a new kind is recognised.

const MOST_KINDS = 512;
/** A kind that was not exported for so long is new when it comes back, as it is for the limiter. */
const FORGOTTEN_MS = 600_000;

/** Bounded: beyond it, the kind that was exported longest ago is new again. */
export class RecentKinds {
  /** When each was exported last; the kind of the longest ago comes first. */
  readonly #exportedAt = new Map<number, number>();

  /** Remembers an export; true if it is the first of its kind. */
  isFirst(kind: number, now: number): boolean {
    const before = this.#exportedAt.get(kind);
    this.#exportedAt.delete(kind);
    this.#exportedAt.set(kind, now);
    if (this.#exportedAt.size > MOST_KINDS) {
      const [oldest] = this.#exportedAt.keys();
      this.#exportedAt.delete(oldest as number);
    }
    return before === undefined || now - before > FORGOTTEN_MS;
  }
}
