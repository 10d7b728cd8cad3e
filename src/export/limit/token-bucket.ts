// Limits a rate of exports, with a burst.

/**
 * Gains `exports` in each period, up to a burst, with which it begins. It counts in whole numbers, so that rounding loses no
 * part of an export.
 */
export class TokenBucket {
  readonly #exports: number;
  readonly #periodMs: number;
  readonly #full: number;
  /** In exports times milliseconds: one export takes `periodMs` of it. */
  #level: number;

  constructor(exports: number, periodMs: number, burst: number) {
    this.#exports = exports;
    this.#periodMs = periodMs;
    this.#full = burst * periodMs;
    this.#level = this.#full;
  }

  refill(ms: number): void {
    this.#level = Math.min(this.#full, this.#level + ms * this.#exports);
  }

  holds(exports: number): boolean {
    return this.#level >= exports * this.#periodMs;
  }

  /** Takes one export, unless fewer than `reserved` would be left. */
  take(reserved = 0): boolean {
    if (!this.holds(reserved + 1)) return false;
    this.#level -= this.#periodMs;
    return true;
  }
}
