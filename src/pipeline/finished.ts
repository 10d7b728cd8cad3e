// Makes what the export side takes of a fragment that is over.
import type { CalleeTree, FinishedFragment } from "../export/finished-fragment.ts";
import type { ExportDecision } from "../fragments/decision.ts";
import type { Fragment } from "../fragments/fragment.ts";
import { patchedSpan } from "../fragments/patched-span.ts";
import { isSampled } from "../fragments/read-span.ts";
import type { TreeContext } from "../fragments/result.ts";
import type { SpanEntry } from "../fragments/span-entry.ts";
import { orderOf } from "../fragments/span-order.ts";
import { withoutTwins } from "../fragments/twin.ts";
import type { WrittenSpan } from "../spans/written-span.ts";
import { ErrorRedaction } from "../tree/redact-error.ts";
import { weightsOf } from "./weights.ts";

/**
 * What has to be written of a fragment: all its spans if it is forced, and always the trees that were answered to those of
 * its spans that reach the backend. When the process ends, also head-sampled spans that have not ended, because the SDK will
 * not export them. `undefined` if that is nothing. The spans are copies: nothing here changes a span of the program.
 */
export function finishedFragment(
  fragment: Fragment,
  { forced, verdict, tree, represents, at, late }: ExportDecision,
  { now: clock, redaction }: TreeContext,
): FinishedFragment | undefined {
  // Most failing requests are not exported: no weights are computed for them.
  if (!forced && (tree === undefined || !fragment.entries.some(hasToBeWritten))) return undefined;
  const order = forced ? orderOf(fragment) : undefined;
  const now = clock();
  const errors = new ErrorRedaction(redaction.redact);
  const spanOf = (entry: SpanEntry): WrittenSpan => {
    const span = patchedSpan(entry, now, errors);
    span.addAttributes(order?.(entry));
    return span;
  };
  // Parents before children: a younger span may have taken the place of one that was dropped.
  const entries = withoutTwins([...fragment.entries].sort((a, b) => a.start - b.start));
  const weights = weightsOf(fragment, entries, tree?.raw);
  const written = forced ? entries : entries.filter(goesNoOtherWay);
  const spans = written.map(spanOf);
  const callees: CalleeTree[] = [];
  for (const [i, entry] of entries.entries()) {
    const answered = entry.answer?.tree;
    if (answered === undefined || !(forced || isSampled(entry.span))) continue;
    const leadsToCause = entry === weights.causeCall;
    const span = spans[forced ? i : written.indexOf(entry)] ?? spanOf(entry);
    callees.push({ span, tree: answered, leadsToCause });
  }
  if (spans.length === 0 && callees.length === 0) return undefined;
  return {
    role: fragment.role,
    verdict,
    tree,
    represents: isSampled(fragment.root.span) ? undefined : represents,
    rootSpanId: fragment.root.spanId,
    parentId: fragment.parentId,
    late,
    cutOff: fragment.phase === "interrupted",
    decidedAt: at,
    spans,
    weights: written.map(weights.of),
    callees,
  };
}

/** True if an entry, or the answer to it, has to be written although its fragment is not forced. */
function hasToBeWritten(entry: SpanEntry): boolean {
  return (entry.answer?.tree !== undefined && isSampled(entry.span)) || goesNoOtherWay(entry);
}

/** True for a head-sampled span that the SDK will not export because the process ends first. */
function goesNoOtherWay({ fragment, span, end }: SpanEntry): boolean {
  return fragment.phase === "interrupted" && end === Number.POSITIVE_INFINITY && isSampled(span);
}
