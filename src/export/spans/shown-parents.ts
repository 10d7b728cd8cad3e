// Finds the parent of each exported span among the spans that are exported, because not all of them are.
import type { FinishedFragment } from "../finished-fragment.ts";

/** The parents of a fragment's spans, so that no exported span has a parent that is missing in the backend. */
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
      // If there was no room for the parent, the span becomes a child of the root, as in the tree.
      const isKnown = spanId === rootSpanId || (parent !== undefined && this.#parents.has(parent));
      if (!isKnown) this.#parents.set(spanId, rootSpanId);
    }
  }

  /** Notes that a span is not exported: its children become children of its own parent. */
  hide(spanId: string): void {
    this.#hidden.add(spanId);
  }

  /** The parent of a span of the fragment; `undefined` if there is none. */
  of(spanId: string): string | undefined {
    const parent = this.#parents.get(spanId);
    return parent === undefined ? undefined : this.shown(parent);
  }

  /** The span itself if it is exported, else the nearest one above it that is. */
  shown(spanId: string): string | undefined {
    let shown: string | undefined = spanId;
    // At most as many steps as there are hidden spans: ids come from a generator of the user's choice, and may form a cycle.
    for (let steps = 0; steps <= this.#hidden.size; steps++) {
      if (shown === undefined || !this.#hidden.has(shown)) return shown;
      shown = this.#parents.get(shown);
    }
    return undefined;
  }
}
