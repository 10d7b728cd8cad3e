// Keeps the marks that each span got, for a tree in which every span has a node.
import type { Item } from "./item.ts";
import type { TreeNode } from "./tree.ts";

/** Marks of a span's node. */
export type SpanMark = Pick<
  TreeNode,
  "survived" | "own" | "unsure" | "pending" | "pendingMs" | "because" | "ownBecause"
>;

/** Filled in while trees are built. */
export class SpanMarks {
  readonly #marks = new Map<string, SpanMark>();
  /** The innermost span that became one node with a span. */
  readonly #innermost = new Map<string, string>();

  of(spanId: string): SpanMark | undefined {
    return this.#marks.get(spanId);
  }

  /** The innermost span that became one node with this one; itself if none did. */
  innermost(spanId: string): string {
    return this.#innermost.get(spanId) ?? spanId;
  }

  /** Notes a node that is complete but for its children, and how these were judged. */
  note({ node, spanId, innermost, items, ownBecause }: Item): void {
    const { own, unsure, pending, pendingMs } = node;
    this.#add(spanId, {
      ...(own ? { own } : undefined),
      ...(unsure ? { unsure } : undefined),
      ...(pending ? { pending } : undefined),
      ...(pendingMs === undefined ? undefined : { pendingMs }),
      ...(ownBecause === undefined ? undefined : { ownBecause }),
    });
    if (innermost !== undefined) this.#innermost.set(spanId, innermost);
    for (const child of items) {
      const { survived, because, work } = child;
      this.#add(work?.record.spanId ?? child.spanId, {
        ...(survived ? { survived } : undefined),
        ...(because === undefined ? undefined : { because }),
      });
    }
  }

  #add(spanId: string, mark: SpanMark): void {
    this.#marks.set(spanId, { ...this.#marks.get(spanId), ...mark });
  }
}
