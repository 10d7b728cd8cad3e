// What a fragment tells its caller: the tree as things stand, the verdict, and whether it is exported.
import { buildTrees, type CalleeAnswer } from "../model/build.ts";
import { outlineOf, withoutOutlines } from "../model/outline.ts";
import type { Clock, FragmentSink, Outcome } from "../model/ports.ts";
import { type ErrorTree, isFailed, type TreeNode, type Verdict, verdictOf } from "../model/tree.ts";
import type { Fragment, LiveSpan, SpanEntry } from "./fragment.ts";
import { isSuspect, readSpan } from "./read-span.ts";

/** Only the failing path asks what time it is. */
type Now = Pick<Clock, "now">;

/** The tree of a fragment from its live and ended spans and the answers beneath; `undefined` where nothing failed. */
export function treeOf(fragment: Fragment, clock: Now = Date): ErrorTree | undefined {
  const now = clock.now();
  const answers = new Map<string, CalleeAnswer>();
  for (const { outcome, spanId } of fragment.entries) {
    if (outcome === undefined) continue;
    const { tree } = outcome;
    answers.set(spanId, tree === undefined ? { omitted: 0 } : { root: tree.root, omitted: tree.omitted });
  }
  const { traceId, lost } = fragment;
  const records = fragment.entries.map((entry) => readSpan(entry, now));
  const trees = buildTrees(records, { traceId, answers, omitted: lost });
  return trees.find((tree) => tree.root.spanId === fragment.root.spanId) ?? treeOfLost(fragment, now);
}

/** All that failed is a number: the root alone says so. */
function treeOfLost(
  { traceId, service, root, parentId, lost }: Fragment,
  now: number,
): ErrorTree | undefined {
  if (lost === 0) return undefined;
  const { span, spanId } = root;
  const outline = outlineOf(readSpan(root, now));
  const node: TreeNode = {
    service,
    operation: span.name,
    code: "ok",
    count: 1,
    spanId,
    ...(outline === undefined ? undefined : { outline }),
    children: [],
  };
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
 * Who exports a fragment writes the spans of the nodes beneath it, too: its tree leaves the callers none to write.
 *
 * @param forced - what was decided about the export before; absent where this is the decision
 */
export function outcomeOf(
  fragment: Fragment,
  sink: Pick<FragmentSink<LiveSpan>, "decide">,
  forced?: boolean,
  clock: Now = Date,
): DecidedOutcome {
  const { service, role } = fragment;
  if (!mayHaveFailed(fragment)) return { service, code: "ok", verdict: "ok", exported: false, forced: false };
  const tree = treeOf(fragment, clock);
  const exportedBeneath = fragment.entries.some((entry) => entry.outcome?.exported);
  const verdict: Verdict = tree === undefined ? "ok" : verdictOf(tree.root);
  const failed = tree !== undefined && isFailed(tree.root);
  const force = forced ?? (hasUnsampled(fragment) && sink.decide({ role, verdict, failed, exportedBeneath }));
  const outcome = { service, verdict, forced: force, exported: force || exportedBeneath };
  if (tree === undefined) return { ...outcome, code: "ok" };
  const root = force ? { ...withoutOutlines(tree.root), exported: true as const } : tree.root;
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
