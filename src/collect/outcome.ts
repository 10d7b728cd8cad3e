// What a fragment tells its caller: the tree as things stand, the verdict, and whether it is exported.
import { buildTrees, type CalleeAnswer } from "../model/build.ts";
import type { FragmentSink, Outcome } from "../model/ports.ts";
import { type ErrorTree, isFailed, type Verdict, verdictOf } from "../model/tree.ts";
import type { Fragment, LiveSpan, SpanEntry } from "./fragment.ts";
import { isSuspect, readSpan } from "./read-span.ts";

/** The tree of a fragment from its live and ended spans and the answers beneath; `undefined` where nothing failed. */
export function treeOf(fragment: Fragment): ErrorTree | undefined {
  const answers = new Map<string, CalleeAnswer>();
  for (const { outcome, spanId } of fragment.entries) {
    if (outcome === undefined) continue;
    const { tree } = outcome;
    answers.set(spanId, tree === undefined ? { omitted: 0 } : { root: tree.root, omitted: tree.omitted });
  }
  const trees = buildTrees(fragment.entries.map(readSpan), {
    traceId: fragment.traceId,
    answers,
    omitted: fragment.lost,
  });
  return trees.find((tree) => tree.root.spanId === fragment.root.spanId) ?? treeOfLost(fragment);
}

/** All that failed is a number: the root alone says so. */
function treeOfLost({ traceId, service, root, parentId, lost }: Fragment): ErrorTree | undefined {
  if (lost === 0) return undefined;
  const { span, spanId } = root;
  const node = { service, operation: span.name, code: "ok" as const, count: 1, spanId, children: [] };
  return {
    traceId,
    root: node,
    omitted: lost,
    ...(parentId === undefined ? undefined : { parentSpanId: parentId }),
  };
}

/** An outcome, with what the caller is not told. */
export interface DecidedOutcome extends Outcome {
  readonly verdict: Verdict;
  /** The fragment's own spans are exported by force. */
  readonly forced: boolean;
}

/**
 * The outcome as things stand. Where nothing failed no tree is built: this is the path of nearly every request.
 *
 * @param forced - what was decided about the export before; absent where this is the decision
 */
export function outcomeOf(
  fragment: Fragment,
  sink: Pick<FragmentSink<LiveSpan>, "decide">,
  forced?: boolean,
): DecidedOutcome {
  const { service, role } = fragment;
  if (!mayHaveFailed(fragment)) return { service, code: "ok", verdict: "ok", exported: false, forced: false };
  const tree = treeOf(fragment);
  const exportedBeneath = fragment.entries.some((entry) => entry.outcome?.exported);
  const verdict: Verdict = tree === undefined ? "ok" : verdictOf(tree.root);
  const failed = tree !== undefined && isFailed(tree.root);
  const force = forced ?? (hasUnsampled(fragment) && sink.decide({ role, verdict, failed, exportedBeneath }));
  const outcome = { service, verdict, forced: force, exported: force || exportedBeneath };
  if (tree === undefined) return { ...outcome, code: "ok" };
  const root = force ? { ...tree.root, exported: true as const } : tree.root;
  return { ...outcome, code: root.code, tree: { ...tree, root } };
}

/** Head-sampled spans go their normal way; one that was let go of has nothing left to export. */
function hasUnsampled(fragment: Fragment): boolean {
  if (fragment.spent) return false;
  return fragment.entries.some((entry) => (entry.span.spanContext().traceFlags & 1) === 0);
}

function mayHaveFailed(fragment: Fragment): boolean {
  if (fragment.suspects > 0 || fragment.lost > 0 || fragment.status >= 400) return true;
  const { entries } = fragment;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as SpanEntry;
    if (entry.end === Number.POSITIVE_INFINITY && isSuspect(entry.span)) return true;
  }
  return false;
}
