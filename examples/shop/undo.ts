// What has to be stopped and removed at the end, in the reverse order, however the end comes.

type Step = () => Promise<void> | void;

/** Steps that undo what was done. */
export class Undo {
  readonly #steps: Step[] = [];
  #over: Promise<void> | undefined;

  /** True as soon as the end has come. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Throws as soon as the end has come: what has not begun must not begin any more. */
  assertNotOver(): void {
    if (this.isOver) throw new ShopError("stopped");
  }

  add(step: Step): void {
    this.#steps.push(step);
  }

  /** Takes every step, whatever becomes of the others. */
  all(): Promise<void> {
    this.#over ??= this.#all();
    return this.#over;
  }

  async #all(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`shop: ${(error as Error).message}\n`);
      }
    }
  }
}

/** Something that the person at the keyboard can put right: shown as one line, without a stack trace. */
export class ShopError extends Error {
  override readonly name = "ShopError";
  readonly code = "SHOP";
}
