// Follows calls that had no room in their fragment: of each, only the number of its nodes in the tree is kept.
import type { Clock } from "../clock.ts";
import { countNodes, isFailed } from "../tree/tree.ts";
import type { Fragment } from "./fragment.ts";
import type { KeptEntry } from "./fragment-spans.ts";
import { readSpan } from "./read-span.ts";
import type { SpanEntry } from "./span-entry.ts";
import { SpanTable } from "./span-table.ts";

/** Most such calls of the process that are followed at one time; the answers to others are not read. */
export const MOST_UNKEPT = 16_384;

/** Running calls that are not kept. Their answers are read all the same, because their nodes and exports count. */
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

  /** The call is over: the number of its nodes is final. */
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

/** Recounts the nodes of a call that is not kept; does nothing for one that is. */
export function recount(entry: SpanEntry, clock: Pick<Clock, "now">): void {
  if (entry.countedAs === undefined) return;
  entry.fragment.callRecounted(entry, nodesLostWith(entry, clock.now()));
}

/** How many nodes a tree lacks without this span and its answer. */
export function nodesLostWith(entry: SpanEntry, now: number): number {
  const { failed, code } = readSpan(entry, now);
  const callee = entry.answer?.tree;
  if (callee === undefined) return failed ? 1 : 0;
  // As in a tree: a failed call is a node only if its callee's node does not show the same failure.
  const isSaid = isFailed(callee.root) && (code === undefined || code === callee.root.code);
  return countNodes(callee.root) + callee.omitted + (failed && !isSaid ? 1 : 0);
}
