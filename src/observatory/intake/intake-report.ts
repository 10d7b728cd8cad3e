// Counts what could not be taken in, and keeps the first of it in words.
import { cutText } from "../graph/names.ts";

/** Which times count. In milliseconds since the epoch. */
export interface TimeBounds {
  readonly oldest: number;
  readonly newest: number;
}

/** So much of a text that somebody sent is repeated. */
const MOST_CHARS = 300;
const MOST_KINDS = 50;

/** What was left out so far. */
export class IntakeReport {
  readonly #bounds: () => TimeBounds;
  readonly #left = new Map<string, number>();
  #unreadable = 0;
  #first: string | undefined;
  #outOfTime = 0;
  #newest: number | undefined;

  /** @param bounds - asked for each time: what came too late or is from the future counts nowhere */
  constructor(bounds: () => TimeBounds) {
    this.#bounds = bounds;
  }

  /** Records that could not be read, of which the first one is told. */
  unreadable(what: string, count = 1): void {
    this.#unreadable += count;
    this.#first ??= cutText(what, MOST_CHARS);
  }

  /** Something does not count as what it is. @param what - begins a sentence that ends with the number */
  leftOut(what: string, count = 1): void {
    if (this.#left.size < MOST_KINDS || this.#left.has(what)) {
      this.#left.set(what, (this.#left.get(what) ?? 0) + count);
    }
  }

  /** True if something of that time counts. */
  isKept(timeMs: number): boolean {
    const { oldest, newest } = this.#bounds();
    return timeMs >= oldest && timeMs <= newest;
  }

  /** The same; if not, it is counted here. */
  isInTime(timeMs: number): boolean {
    if (!this.isKept(timeMs)) {
      this.#outOfTime++;
      return false;
    }
    if (this.#newest === undefined || timeMs > this.#newest) this.#newest = timeMs;
    return true;
  }

  get unread(): { readonly count: number; readonly first?: string } {
    return { count: this.#unreadable, ...(this.#first === undefined ? undefined : { first: this.#first }) };
  }

  get outOfTime(): number {
    return this.#outOfTime;
  }

  /** The time of the newest thing that counted. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** How much of each kind was left out. */
  get left(): ReadonlyMap<string, number> {
    return this.#left;
  }
}
