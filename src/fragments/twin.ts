// Two spans of one call, by two instrumentations of its client: one of them stands for it.
import type { SpanEntry } from "./span-entry.ts";

/** The entries that stand for something of their own. */
export function withoutTwins(entries: readonly SpanEntry[]): readonly SpanEntry[] {
  return entries.some(({ twin }) => twin) ? entries.filter(({ twin }) => !twin) : entries;
}
