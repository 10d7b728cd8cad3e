// Leaves out the second span of a call that two instrumentations recorded.
import type { SpanEntry } from "./span-entry.ts";

/** The entries without such second spans. */
export function withoutTwins(entries: readonly SpanEntry[]): readonly SpanEntry[] {
  return entries.some(({ twin }) => twin) ? entries.filter(({ twin }) => !twin) : entries;
}
