// Takes fragments out of flight, and ends those whose first span goes on: evicted, timed out, or handed over as the process ends.
import type { Fragment } from "../fragments/fragment.ts";
import type { LiveSpan } from "../fragments/span-entry.ts";
import type { Flow } from "./flow.ts";
import type { Jobs } from "./jobs.ts";
import { isAwaited } from "./response.ts";

/** What has to know of it. */
interface LeavingParts {
  /** Fragments that wait for spans that have not ended. */
  readonly waiting: Set<Fragment>;
  readonly flow: Flow | undefined;
  readonly jobs: Pick<Jobs, "left">;
}

/** Fragments that are in flight no more. Nothing of one is held when its first span and its response have ended. */
export class Leaving {
  readonly #parts: LeavingParts;
  /** By the first span, which has not ended: its entry is gone from the table. */
  readonly #open = new WeakMap<LiveSpan, Fragment>();

  constructor(parts: LeavingParts) {
    this.#parts = parts;
  }

  left(fragment: Fragment): void {
    const { waiting, flow, jobs } = this.#parts;
    const { root } = fragment;
    waiting.delete(fragment);
    jobs.left(fragment);
    flow?.givenUp(fragment);
    if (root.end === Number.POSITIVE_INFINITY) this.#open.set(root.span, fragment);
  }

  /** A span without an entry has ended; the fragment that had left, if it is the first span of one. */
  spanEnded(span: LiveSpan): Fragment | undefined {
    const fragment = this.#open.get(span);
    if (fragment === undefined) return undefined;
    this.#open.delete(span);
    this.#parts.flow?.requestEnded(fragment);
    if (!isAwaited(fragment)) fragment.letGo();
    return fragment;
  }

  /** The response of a fragment that had left is over. */
  responseOver(fragment: Fragment): void {
    if (fragment.root.span.ended) fragment.letGo();
  }
}
