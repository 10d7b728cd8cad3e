// What has to be stopped and removed at the end, however the end comes.

import { RunError } from "./run-error.ts";

type Step = () => Promise<void> | void;

/** Steps that undo what was done, taken in the reverse order; what is added after the end is undone at once. */
export class Undo {
  readonly #steps: Step[] = [];
  #over: Promise<void> | undefined;

  /** Throws as soon as the end has come: what has not begun must not begin any more. */
  assertNotOver(): void {
    if (this.#over !== undefined) throw new RunError("stopped before it was done");
  }

  async add(step: Step): Promise<void> {
    if (this.#over === undefined) this.#steps.push(step);
    else await step();
  }

  /** Takes every step, whatever becomes of the others; throws what went wrong. */
  all(): Promise<void> {
    this.#over ??= this.#all();
    return this.#over;
  }

  async #all(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
