// How much each span of a fragment matters, for an export that has no room for all of them.

import type { Fragment } from "../fragments/fragment.ts";
import { isSuspect } from "../fragments/read-span.ts";
import type { SpanEntry } from "../fragments/span-entry.ts";
import { type ErrorTree, isFailed, rootCauseOf, type TreeNode } from "../tree/tree.ts";
import { CAUSE, FAILED, type Level, WELL, type Weight } from "../tree/weight.ts";

/** The weights of a fragment's spans. */
export interface Weights {
  of(entry: SpanEntry): Weight;
  /** The call through whose answer the way to the first root cause leads; absent if that is a span of the fragment. */
  readonly causeCall: SpanEntry | undefined;
}

/** Weighs the spans of a fragment, parents before children, by the tree that was told of it. */
export function weightsOf(
  { root }: Fragment,
  entries: readonly SpanEntry[],
  tree: ErrorTree | undefined,
): Weights {
  const levels = new Map<SpanEntry, Level>();
  /** A span is worth as much as the worthiest beneath it. */
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
  const causeCall = rest.length === 0 ? undefined : callThatTold(rest, beneath);
  raise(causeCall, CAUSE);
  // Failed spans beneath a cause without children are folded into it: they tell its message.
  if (path.at(-1)?.children.length === 0 && rest.length === 0) {
    for (const entry of beneath) if (isFailedSpan(entry)) raise(entry, CAUSE);
  }
  return { of: (entry) => ({ level: levels.get(entry) ?? WELL, isNode: isNode(entry) }), causeCall };
}

/** It failed, or something beneath it in the backend did, or is exported by force. */
function isWorthIt(entry: SpanEntry): boolean {
  return isFailedSpan(entry) || entry.answer?.tree !== undefined || entry.answer?.exported === true;
}

/** By itself: a span above a failure of its callee alone is none. */
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

/** The call whose answer told such a path. The tree does not say which one; if several told the same, any will do. */
function callThatTold(path: readonly TreeNode[], entries: readonly SpanEntry[]): SpanEntry | undefined {
  return entries.find(({ answer }) => {
    const callee = answer?.tree?.root;
    if (callee === undefined || !isSameNode(callee, path[0])) return false;
    const told = rootCauseOf(callee).path;
    return told.length === path.length && told.every((node, i) => isSameNode(node, path[i]));
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
