// Calls for which their fragment had no room: of each no more is kept than how many nodes of the tree it stands for.
import type { Clock } from "../clock.ts";
import { countNodes, isFailed } from "../tree/tree.ts";
import type { Fragment } from "./fragment.ts";
import type { KeptEntry } from "./fragment-spans.ts";
import { readSpan } from "./read-span.ts";
import type { SpanEntry } from "./span-entry.ts";
import { SpanTable } from "./span-table.ts";

/** Most such calls of the process that are followed at one time; what is answered to others is not known. */
export const MOST_UNKEPT = 16_384;

/** Calls that are under way and not kept. Their answers are read all the same: their nodes count, and so do exports. */
export class UnkeptCalls {
  readonly #entries = new SpanTable<KeptEntry>();
  readonly #byFragment = new Map<Fragment, Set<KeptEntry>>();

  /** Follows a call, if there is room for one more. */
  add(entry: KeptEntry): void {
    if (this.#entries.size >= MOST_UNKEPT) return;
    const { fragment } = entry;
    fragment.callRecounted(entry, 0);
    this.#entries.add(entry);
    const others = this.#byFragment.get(fragment);
    if (others === undefined) this.#byFragment.set(fragment, new Set([entry]));
    else others.add(entry);
  }

  get(spanId: string): KeptEntry | undefined {
    return this.#entries.get(spanId);
  }

  /** The call is over: it stays what it is counted as. */
  delete(entry: KeptEntry): void {
    this.#entries.delete(entry.spanId);
    const others = this.#byFragment.get(entry.fragment);
    others?.delete(entry);
    if (others?.size === 0) this.#byFragment.delete(entry.fragment);
  }

  /** Forgets the calls of a fragment that is over. */
  release(fragment: Fragment): void {
    const entries = this.#byFragment.get(fragment);
    if (entries === undefined) return;
    for (const { spanId } of entries) this.#entries.delete(spanId);
    this.#byFragment.delete(fragment);
  }
}

/** Counts a call that is not kept as what it now is; does nothing for any other. */
export function recount(entry: SpanEntry, clock: Pick<Clock, "now">): void {
  if (entry.countedAs === undefined) return;
  entry.fragment.callRecounted(entry, nodesLostWith(entry, clock.now()));
}

/** How many nodes a tree lacks without this span, and without what was answered to it. */
export function nodesLostWith(entry: SpanEntry, now: number): number {
  const { failed, code } = readSpan(entry, now);
  const callee = entry.answer?.tree;
  if (callee === undefined) return failed ? 1 : 0;
  // As in a tree: a failed call is a node only if its callee's node does not say so already.
  const isSaid = isFailed(callee.root) && (code === undefined || code === callee.root.code);
  return countNodes(callee.root) + callee.omitted + (failed && !isSaid ? 1 : 0);
}
