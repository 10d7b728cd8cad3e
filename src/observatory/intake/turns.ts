// Gives long work and everybody else their turns: requests, pictures and timers wait for no more than one slice of it.
import type { Work } from "../../otlp/work.ts";

/** In milliseconds. */
const SLICE = 10;

/** Goes on with a piece of work until then; true if it is done. */
type Job = (until: number) => boolean;

/** All work of one process, or of one part of it, goes through one of these. */
export class Turns {
  readonly #short: Job[] = [];
  readonly #long: Job[] = [];
  #isSet = false;

  /**
   * Does some work in turns.
   *
   * @param isLong - it waits for all that is long and came before: what it makes meanwhile takes much memory; the rest goes on beside it
   * @returns what it gives back or throws
   */
  run<Result>(work: Work<Result>, isLong = false): Promise<Result> {
    return new Promise((resolve, reject) => {
      (isLong ? this.#long : this.#short).push((until) => {
        try {
          do {
            const step = work.next();
            if (!step.done) continue;
            resolve(step.value);
            return true;
          } while (performance.now() < until);
          return false;
        } catch (error) {
          reject(error);
          return true;
        }
      });
      this.#set();
    });
  }

  #set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isSet = false;
    for (const jobs of [this.#short, this.#long]) spend(jobs);
    if (this.#short.length + this.#long.length > 0) this.#set();
  }
}

function spend(jobs: Job[]): void {
  const until = performance.now() + SLICE;
  let done = 0;
  while (done < jobs.length && performance.now() < until && jobs[done]?.(until)) done++;
  jobs.splice(0, done);
}
