// Weighs the spans of a fragment, for an export that has no room for all of them.

import type { Fragment } from "../fragments/fragment.ts";
import { isSuspect } from "../fragments/read-span.ts";
import type { SpanEntry } from "../fragments/span-entry.ts";
import { type ErrorTree, isFailed, rootCauseOf, type TreeNode } from "../tree/tree.ts";
import { CAUSE, FAILED, type Level, WELL, type Weight } from "../tree/weight.ts";

/** The weights of a fragment's spans. */
export interface Weights {
  of(entry: SpanEntry): Weight;
  /** The call whose answer holds the first root cause; `undefined` if a span of the fragment is the root cause. */
  readonly causeCall: SpanEntry | undefined;
}

/** Weighs the spans of a fragment, parents before children, by the tree that it reported. */
export function weightsOf(
  { root }: Fragment,
  entries: readonly SpanEntry[],
  tree: ErrorTree | undefined,
): Weights {
  const levels = new Map<SpanEntry, Level>();
  /** A span weighs as much as the heaviest one beneath it. */
  const raise = (entry: SpanEntry | undefined, level: Level): void => {
    for (let at = entry; at !== undefined && (levels.get(at) ?? WELL) < level; at = at.parent) {
      levels.set(at, level);
    }
  };
  for (const entry of entries) if (isWorthIt(entry)) raise(entry, FAILED);
  raise(root, CAUSE);
  const path = tree === undefined ? [] : rootCauseOf(tree.root).path;
  const own = path.findLastIndex(({ spanId }) => spanId !== undefined);
  const last = entries.find(({ spanId }) => spanId === path[own]?.spanId);
  raise(last, CAUSE);
  const beneath = last === undefined ? [] : beneathSpan(last, entries);
  const rest = path.slice(own + 1);
  const causeCall = rest.length === 0 ? undefined : callWithPath(rest, beneath);
  raise(causeCall, CAUSE);
  // Failed spans beneath a cause without children are folded into it: its message may come from them.
  if (path.at(-1)?.children.length === 0 && rest.length === 0) {
    for (const entry of beneath) if (isFailedSpan(entry)) raise(entry, CAUSE);
  }
  return { of: (entry) => ({ level: levels.get(entry) ?? WELL, isNode: isNode(entry) }), causeCall };
}

/** True if the span failed, or its callee reported a failure or an export. */
function isWorthIt(entry: SpanEntry): boolean {
  return isFailedSpan(entry) || entry.answer?.tree !== undefined || entry.answer?.exported === true;
}

/** True if the span itself failed: a failure of its callee alone does not count. */
function isFailedSpan({ span, broke, status }: SpanEntry): boolean {
  return broke !== undefined || status >= 400 || isSuspect(span);
}

/** A failed call is no node of its own if the callee says that it failed. */
function isNode(entry: SpanEntry): boolean {
  const callee = entry.answer?.tree?.root;
  return isFailedSpan(entry) && !(callee !== undefined && isFailed(callee));
}

/** The span and all beneath it; `entries` has parents before children. */
function beneathSpan(above: SpanEntry, entries: readonly SpanEntry[]): SpanEntry[] {
  const beneath = new Set([above]);
  for (const entry of entries) {
    if (entry.parent !== undefined && beneath.has(entry.parent)) beneath.add(entry);
  }
  return [...beneath];
}

/** The call whose answer has this path. The tree does not say which call it was; if several have the same, any will do. */
function callWithPath(path: readonly TreeNode[], entries: readonly SpanEntry[]): SpanEntry | undefined {
  return entries.find(({ answer }) => {
    const callee = answer?.tree?.root;
    if (callee === undefined || !isSameNode(callee, path[0])) return false;
    const other = rootCauseOf(callee).path;
    return other.length === path.length && other.every((node, i) => isSameNode(node, path[i]));
  });
}

function isSameNode(one: TreeNode, other: TreeNode | undefined): boolean {
  return (
    one.service === other?.service &&
    one.operation === other.operation &&
    one.code === other.code &&
    one.errorType === other.errorType &&
    one.message === other.message &&
    one.at === other.at &&
    one.peer === other.peer
  );
}
