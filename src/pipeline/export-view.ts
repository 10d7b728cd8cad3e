// Makes the view of a fragment from which the export side chooses.
import type { FragmentView } from "../export/fragment-view.ts";
import type { Fragment } from "../fragments/fragment.ts";
import { isSampled } from "../fragments/read-span.ts";
import type { RequestResult } from "../fragments/result.ts";
import type { LiveSpan } from "../fragments/span-entry.ts";

/** What the export side has to know of a fragment to choose. */
export function viewOf(fragment: Fragment, { verdict, tree }: RequestResult): FragmentView<LiveSpan> {
  const { role, root, status, phase, decision } = fragment;
  const isAnswered = status !== 0;
  return {
    role,
    verdict,
    tree,
    root: root.span,
    sampled: isSampled(root.span),
    exportedBeneath: fragment.exportedBeneath || (decision?.forced ?? false),
    cutOff: phase === "interrupted" && !isAnswered && root.end === Number.POSITIVE_INFINITY,
    callerLeft: fragment.responseEnd === "caller-left" && !isAnswered,
    failedAfterRoot: hasFailedAfterRoot(fragment),
    spansGone: phase === "spent",
    alreadyCounted: decision?.verdict === "failed",
  };
}

/** Compares moments, which are ticks, not times. The end of a span that has not ended is `Infinity`. */
function hasFailedAfterRoot({ root, entries }: Fragment): boolean {
  if (root.end === Number.POSITIVE_INFINITY) return false;
  return entries.some(({ suspect, end }) => suspect && end > root.end && end !== Number.POSITIVE_INFINITY);
}
