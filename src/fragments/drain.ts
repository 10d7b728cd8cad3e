// Waits, when the process shuts down, for the requests in flight.

import type { Clock } from "../clock.ts";
import { CONSUMER, SERVER } from "../spans/otel.ts";
import type { Fragment } from "./fragment.ts";

/** How long a shutdown waits for requests in flight, in milliseconds: by default an orchestrator kills 30 s after its signal. */
export const DRAIN_MS = 10_000;

/** True for a request or a message that is being worked on. Loops and timers of the program may never end. */
function isInFlight({ root }: Fragment): boolean {
  // The span may have ended unnoticed.
  if (root.end !== Number.POSITIVE_INFINITY || root.span.ended) return false;
  return root.span.kind === SERVER || root.span.kind === CONSUMER;
}

/** Waits until the requests that are in flight have ended, and for {@link DRAIN_MS} at most. */
export class Drain {
  readonly #open = new Set<Fragment>();
  readonly #cancel: () => void;
  /** Called at the end; `undefined` after it. */
  #steps: (() => void)[] | undefined = [];

  /** `own` is the request that called the shutdown, if one did. It is not waited for: it would wait for itself. */
  constructor(fragments: Iterable<Fragment>, own: Fragment | undefined, clock: Pick<Clock, "after">) {
    for (const fragment of fragments) {
      if (fragment !== own && isInFlight(fragment)) this.#open.add(fragment);
    }
    this.#cancel = this.#open.size === 0 ? () => {} : clock.after(DRAIN_MS, () => this.#end());
    if (this.#open.size === 0) this.#end();
  }

  /** Calls the step at the end; at once if the drain has ended. */
  whenOver(step: () => void): void {
    if (this.#steps === undefined) step();
    else this.#steps.push(step);
  }

  /**
   * A fragment's root has ended, or the fragment is no longer in flight. After the last one the drain ends in a microtask,
   * because other processors have not seen the end of its span yet.
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

  /** The drain begins: from now on {@link wait} waits. */
  begin(): void {
    this.#waiting ??= [];
  }

  /** Calls all steps that wait, in this turn, so that no span can end in between. */
  end(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const step of waiting) step();
  }

  /** Calls the step when the drain has ended; at once if there is none. */
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
