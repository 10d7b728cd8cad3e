// The time between the call of a shutdown and the end of the requests in flight.

import type { Clock } from "../clock.ts";
import { CONSUMER, SERVER } from "../spans/otel.ts";
import type { Fragment } from "./fragment.ts";

/** How long a shutdown waits for requests in flight, in milliseconds: an orchestrator kills 30 s after its signal as installed. */
export const DRAIN_MS = 10_000;

/** True for work that somebody waits for: a request, or a message. Loops and timers of the program may never end. */
function isInFlight({ root }: Fragment): boolean {
  // Its end may have been missed.
  if (root.end !== Number.POSITIVE_INFINITY || root.span.ended) return false;
  return root.span.kind === SERVER || root.span.kind === CONSUMER;
}

/** Waits until the requests that are in flight have ended, and for {@link DRAIN_MS} at most. */
export class Drain {
  readonly #open = new Set<Fragment>();
  readonly #cancel: () => void;
  /** What is to be done at the end; `undefined` after it. */
  #steps: (() => void)[] | undefined = [];

  /** `own` is the request that calls for the shutdown, if one does: it would wait for itself. */
  constructor(fragments: Iterable<Fragment>, own: Fragment | undefined, clock: Pick<Clock, "after">) {
    for (const fragment of fragments) {
      if (fragment !== own && isInFlight(fragment)) this.#open.add(fragment);
    }
    this.#cancel = this.#open.size === 0 ? () => {} : clock.after(DRAIN_MS, () => this.#end());
    if (this.#open.size === 0) this.#end();
  }

  /** Takes the step at the end, in this turn if that has come. */
  whenOver(step: () => void): void {
    if (this.#steps === undefined) step();
    else this.#steps.push(step);
  }

  /**
   * A fragment's root has ended, or the fragment is in flight no more. After the last one the end comes when this turn's work
   * is done: other processors have not seen the end of its span yet.
   */
  left(fragment: Fragment): void {
    if (this.#open.delete(fragment) && this.#open.size === 0) queueMicrotask(() => this.#end());
  }

  #end(): void {
    const steps = this.#steps ?? [];
    this.#steps = undefined;
    this.#cancel();
    this.#open.clear();
    for (const step of steps) step();
  }
}

/** What has to wait for the end of a drain: processors that get the spans of requests in flight, too. */
export class AfterDrain {
  #waiting: (() => void)[] | undefined;

  /** From now on {@link wait} waits. */
  begin(): void {
    this.#waiting ??= [];
  }

  /** Takes all steps that wait, in this turn: no span can end in between. */
  end(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const step of waiting) step();
  }

  /** Takes the step when the drain that is under way has ended, and at once when there is none. */
  wait(step: () => Promise<void>): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined) return step();
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          step().then(resolve, reject);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
