// Two spans of one call, by two instrumentations of its client: one of them stands for it.
import type { SpanEntry } from "./fragment.ts";

/** Says of a span that another one stands for its call; a head-sampled one says it in the backend, too. */
export function markTwin(entry: SpanEntry): void {
  entry.twin = true;
  entry.span.setAttribute("error_tree.twin", true);
}

/** The entries that stand for something of their own. */
export function withoutTwins(entries: readonly SpanEntry[]): readonly SpanEntry[] {
  return entries.some(({ twin }) => twin) ? entries.filter(({ twin }) => !twin) : entries;
}
