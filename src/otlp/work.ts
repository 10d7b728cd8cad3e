// Declares work that gives way to others: readers of long messages are generators, which yield wherever they may be interrupted.

/** Work that may be interrupted at each `yield`, of which none is further than some milliseconds from the next. */
export type Work<Result> = Generator<void, Result, void>;

/** Does it without interruption. */
export function atOnce<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
