// Counts failures of one kind, so that the same one 300 times is one entry.
import { fingerprintOf } from "../../tree/fingerprint.ts";
import { type ErrorTree, rootCauseOf, verdictOf } from "../../tree/tree.ts";
import type { StoredTrace } from "../trace-store.ts";

/** Trees that failed alike. */
export interface Kind {
  /** The first of them that was read. */
  readonly tree: ErrorTree;
  readonly trace: StoredTrace;
  count: number;
  /** When the earliest and the latest of their traces began, in milliseconds since 1970, as far as it is known. */
  first: number | undefined;
  last: number | undefined;
}

/** Kinds in the order in which the first of each came. */
export class Kinds {
  readonly #kinds = new Map<string, Kind>();

  get size(): number {
    return this.#kinds.size;
  }

  /** Counts a tree. @returns its kind, if it is the first of it */
  add(tree: ErrorTree, trace: StoredTrace): readonly [] | readonly [Kind] {
    const key = keyOf(tree);
    const begin = beginOf(trace);
    const kind = this.#kinds.get(key);
    if (kind === undefined) {
      const first: Kind = { tree, trace, count: 1, first: begin, last: begin };
      this.#kinds.set(key, first);
      return [first];
    }
    kind.count++;
    if (begin !== undefined) {
      kind.first = Math.min(kind.first ?? begin, begin);
      kind.last = Math.max(kind.last ?? begin, begin);
    }
    return [];
  }
}

/** The same failures may have another cause: marks lead to it, which the fingerprint leaves out. */
function keyOf({ root }: ErrorTree): string {
  const { node, path, ambiguous } = rootCauseOf(root);
  return [
    verdictOf(root),
    fingerprintOf(root),
    ambiguous,
    path.length,
    JSON.stringify([node.service, node.operation, node.code, node.errorType]),
  ].join(" ");
}

function beginOf({ records }: StoredTrace): number | undefined {
  let begin = Number.POSITIVE_INFINITY;
  for (const { start } of records) if (start > 0) begin = Math.min(begin, start / 1000);
  return Number.isFinite(begin) ? begin : undefined;
}

/** `300 times, from … to …; this is the first that was read`; `undefined` for a single one. */
export function timesText({ count, first, last }: Kind): string | undefined {
  if (count === 1) return undefined;
  const from = timeText(first);
  const to = timeText(last);
  const when =
    from === undefined || to === undefined ? "" : from === to ? `, at ${from}` : `, from ${from} to ${to}`;
  return `${count} times${when}; this is the first that was read`;
}

/** A date beyond what JavaScript knows is not said. */
function timeText(ms: number | undefined): string | undefined {
  const date = new Date(Math.floor(ms ?? Number.NaN));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.000Z$/, "Z");
}
