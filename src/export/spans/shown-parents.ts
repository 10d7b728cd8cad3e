// Where spans hang in the backend, which need not have all of them.
import type { FinishedFragment } from "../finished-fragment.ts";

/** The parents of a fragment's spans, so that none of them hangs in the air. */
export class ShownParents {
  /** Parents by the ids of all spans of the fragment. */
  readonly #parents = new Map<string, string | undefined>();
  readonly #hidden = new Set<string>();

  constructor({ spans, rootSpanId, parentId }: FinishedFragment) {
    for (const span of spans) {
      const { spanId } = span.spanContext();
      this.#parents.set(spanId, spanId === rootSpanId ? parentId : span.parentSpanContext?.spanId);
    }
    for (const [spanId, parent] of this.#parents) {
      // A parent that had no room hangs beneath the root, as it does in the tree.
      const isKnown = spanId === rootSpanId || (parent !== undefined && this.#parents.has(parent));
      if (!isKnown) this.#parents.set(spanId, rootSpanId);
    }
  }

  /** Keeps a span back: what hangs beneath it hangs on the one above. */
  hide(spanId: string): void {
    this.#hidden.add(spanId);
  }

  /** The span above a span of the fragment; `undefined` where there is none. */
  of(spanId: string): string | undefined {
    const parent = this.#parents.get(spanId);
    return parent === undefined ? undefined : this.shown(parent);
  }

  /** The span itself, or the nearest one above it that is not kept back. */
  shown(spanId: string): string | undefined {
    let shown: string | undefined = spanId;
    // No more steps than spans: ids are a generator's of the user's choice, and may make a ring.
    for (let steps = 0; steps <= this.#hidden.size; steps++) {
      if (shown === undefined || !this.#hidden.has(shown)) return shown;
      shown = this.#parents.get(shown);
    }
    return undefined;
  }
}
