// Finds the spans of a fragment that can go when there is no room for all.
import { CLIENT } from "../spans/otel.ts";
import type { SpanEntry } from "./span-entry.ts";

/** True for a span that succeeded and has no children. */
export function canGo(entry: SpanEntry, root: SpanEntry): boolean {
  return !entry.suspect && isFreeLeaf(entry, root);
}

/** Searches the spans that succeeded, a few at a time and each time on from where it ended. */
export class RoomSearch {
  #cursor = 0;

  /** The index of the first of `probes` spans that can go; -1 if none can. */
  next(entries: readonly SpanEntry[], root: SpanEntry, probes: number): number {
    for (let probe = 0; probe < probes; probe++) {
      this.#cursor = (this.#cursor + 1) % entries.length;
      if (canGo(entries[this.#cursor] as SpanEntry, root)) return this.#cursor;
    }
    return -1;
  }
}

/** The index of the failure without children that began first; -1 if there is none. */
export function oldestFailure(entries: readonly SpanEntry[], root: SpanEntry): number {
  let oldest = -1;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as SpanEntry;
    if (!entry.suspect || !isFreeLeaf(entry, root)) continue;
    if (oldest < 0 || entry.start < (entries[oldest] as SpanEntry).start) oldest = i;
  }
  return oldest;
}

/** It has ended, nothing that is kept hangs beneath it, and nothing that a callee exported. */
function isFreeLeaf(entry: SpanEntry, root: SpanEntry): boolean {
  if (entry.end === Number.POSITIVE_INFINITY || entry.children > 0 || entry === root) return false;
  return !(entry.span.kind === CLIENT && entry.answer?.exported);
}
