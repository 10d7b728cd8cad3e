// Calls for which their fragment had no room: of each no more is kept than how many nodes of the tree it stands for.
import type { Clock } from "../clock.ts";
import { countNodes, isFailed } from "../tree/tree.ts";
import type { Fragment, SpanEntry } from "./fragment.ts";
import { readSpan } from "./read-span.ts";
import { SpanTable } from "./span-table.ts";

/** Most such calls of the process that are followed at one time; what is answered to others is not known. */
export const MOST_UNTRACKED = 16_384;

/** Calls that are under way and not kept. Their answers are read all the same: their nodes count, and so do exports. */
export class UntrackedCalls {
  readonly #entries = new SpanTable();

  add(entry: SpanEntry): void {
    if (this.#entries.size >= MOST_UNTRACKED) return;
    entry.countedAs = 0;
    this.#entries.add(entry);
    entry.fragment.untracked ??= new Set();
    entry.fragment.untracked.add(entry);
  }

  get(spanId: string): SpanEntry | undefined {
    return this.#entries.get(spanId);
  }

  /** The call is over: it stays what it is counted as. */
  delete(entry: SpanEntry): void {
    this.#entries.delete(entry.spanId);
    entry.fragment.untracked?.delete(entry);
  }

  /** Forgets the calls of a fragment that is over. */
  release(fragment: Fragment): void {
    if (fragment.untracked === undefined) return;
    for (const { spanId } of fragment.untracked) this.#entries.delete(spanId);
    fragment.untracked = undefined;
  }
}

/** Counts a call that is not kept as what it now is; does nothing for any other. */
export function recount(entry: SpanEntry, clock: Pick<Clock, "now">): void {
  if (entry.countedAs === undefined) return;
  const nodes = nodesLostWith(entry, clock.now());
  entry.fragment.lost += nodes - entry.countedAs;
  entry.countedAs = nodes;
  if (nodes > 0 && entry.parent !== undefined) entry.parent.thinned = true;
}

/** How many nodes a tree lacks without this span, and without what was answered to it. */
export function nodesLostWith(entry: SpanEntry, now: number): number {
  const { failed, code } = readSpan(entry, now);
  const callee = entry.outcome?.tree;
  if (callee === undefined) return failed ? 1 : 0;
  // As in a tree: a failed call is a node only if its callee's node does not say so already.
  const isTold = isFailed(callee.root) && (code === undefined || code === callee.root.code);
  return countNodes(callee.root) + callee.omitted + (failed && !isTold ? 1 : 0);
}
