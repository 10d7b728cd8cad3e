// What a fragment tells its caller: the tree as things stand, the verdict, and whether it is exported.
import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import type { Clock } from "../clock.ts";
import type { ExportDecision, FragmentSink } from "../pipeline-types.ts";
import { buildTrees, type CalleeAnswer } from "../tree/build.ts";
import { Shapes } from "../tree/shape.ts";
import { stubOf, withoutStubs } from "../tree/span-stub.ts";
import { FragmentTree, type RedactionOptions, TreeRedaction } from "../tree/told-tree.ts";
import { type ErrorTree, type TreeNode, type Verdict, verdictOf } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import type { Fragment, LiveSpan, SpanEntry } from "./fragment.ts";
import { markPending } from "./pending.ts";
import { isSampled, isSuspect, readSpan } from "./read-span.ts";
import type { SharedErrors } from "./shared-errors.ts";
import { withoutTwins } from "./twin.ts";

/** Shapes that a fragment remembers: several times those of its largest tree. */
const MOST_SHAPES = 16_384;

/** What the failing path alone asks for: the time, and what of a node may leave the process. */
export interface Telling extends Pick<Clock, "now"> {
  readonly redaction: RedactionOptions;
  readonly shared: SharedErrors;
}

/**
 * The tree of a fragment from its live and ended spans and the answers beneath; `undefined` where nothing failed. Beneath a
 * head-sampled span nobody else has spans to write: this service does, for the span itself is in the backend.
 */
export function treeOf(fragment: Fragment, telling: Telling): FragmentTree | undefined {
  fragment.routing ??= activeRouting(fragment);
  const now = telling.now();
  const answers = new Map<string, CalleeAnswer>();
  for (const { outcome, span, spanId } of fragment.entries) {
    if (outcome === undefined) continue;
    const { root, omitted = 0 } = outcome.tree ?? {};
    if (root === undefined) answers.set(spanId, { omitted });
    else answers.set(spanId, { root: isSampled(span) ? withoutStubs(root) : root, omitted });
  }
  const { traceId, lost } = fragment;
  const records = withoutTwins(fragment.entries).map((entry) => readSpan(entry, now));
  const shapes = shapesOf(fragment);
  const trees = buildTrees(records, { traceId, answers, explain: true, omitted: lost, shapes });
  const raw = trees.find((tree) => tree.root.spanId === fragment.root.spanId) ?? treeOfLost(fragment, now);
  if (raw === undefined) return undefined;
  fragment.redaction ??= new TreeRedaction(telling.redaction);
  return new FragmentTree(raw, fragment.redaction, shapes);
}

/** A fragment's trees share what is known of shapes, unless that has become more than any of them needs. */
function shapesOf(fragment: Fragment): Shapes {
  if (fragment.shapes === undefined || fragment.shapes.size > MOST_SHAPES) fragment.shapes = new Shapes();
  return fragment.shapes;
}

/**
 * The route by the context in which we are called, where that is the fragment's own: a service that starts no span of its
 * own shows it nowhere else.
 */
function activeRouting({ entries }: Fragment): Fragment["routing"] {
  const active = context.active();
  const spanId = trace.getSpan(active)?.spanContext().spanId;
  return entries.some((entry) => entry.spanId === spanId) ? getRPCMetadata(active) : undefined;
}

/** All that failed is a number: the root alone says so. */
function treeOfLost(
  { traceId, service, root, parentId, lost }: Fragment,
  now: number,
): ErrorTree | undefined {
  if (lost === 0) return undefined;
  const { span, spanId } = root;
  const stub = stubOf(readSpan(root, now));
  const node: TreeNode = {
    service,
    operation: span.name,
    code: "ok",
    count: 1,
    spanId,
    ...(stub === undefined ? undefined : { stub }),
    children: [],
  };
  return {
    traceId,
    root: node,
    omitted: lost,
    ...(parentId === undefined ? undefined : { parentSpanId: parentId }),
  };
}

/** An outcome, with what the caller is not told, and its tree as it was built. */
export interface DecidedOutcome extends Omit<Answer, "tree"> {
  readonly tree?: FragmentTree;
  readonly verdict: Verdict;
  /** The fragment's own spans are exported by force. */
  readonly forced: boolean;
  /** How many failed trees its local root stands for, where it is written and counts any. */
  readonly represents?: number;
}

/** What an earlier decision leaves to this one. */
export interface Before {
  /** Kept, unless the fragment has failed since; absent where it is to be decided anew. */
  readonly decision?: ExportDecision;
  /** It was decided about as failed before. */
  readonly failed: boolean;
}

/**
 * The outcome as things stand. Where nothing failed no tree is built: this is the path of nearly every request.
 *
 * Who exports a fragment writes the spans of the nodes beneath it, too: its tree leaves the callers none to write.
 */
export function outcomeOf(
  fragment: Fragment,
  sink: Pick<FragmentSink<LiveSpan>, "decide">,
  before: Before | undefined,
  telling: Telling,
): DecidedOutcome {
  const { service } = fragment;
  if (!mayHaveFailed(fragment)) return { service, code: "ok", verdict: "ok", exported: false, forced: false };
  const now = telling.now();
  const isTold = fragment.told !== Number.POSITIVE_INFINITY;
  if (!isTold) fragment.description = fragment.root.span.status.message || undefined;
  const errors = isTold ? [] : telling.shared.look(fragment);
  if (!isTold && readSpan(fragment.root, now).failed) markPending(fragment, now);
  const tree = treeOf(fragment, telling);
  if (tree !== undefined) telling.shared.remember(errors, tree.raw);
  const { exportedBeneath } = fragment;
  const verdict: Verdict = tree === undefined ? "ok" : verdictOf(tree.raw.root);
  const { span } = fragment.root;
  const kept = before?.failed || verdict !== "failed" ? before?.decision : undefined;
  const decision =
    kept ??
    sink.decide({
      role: fragment.role,
      verdict,
      tree,
      root: span,
      sampled: isSampled(span),
      exportedBeneath: exportedBeneath || (before?.decision?.exported ?? false),
      cutOff: fragment.cutOff && fragment.status === 0 && fragment.root.end === Number.POSITIVE_INFINITY,
      callerLeft: fragment.responseEnd === "caller-left" && fragment.status === 0,
      failedAfterRoot: hasFailedAfterRoot(fragment),
      spansGone: fragment.spent,
      alreadyCounted: before?.failed ?? false,
    });
  const forced = decision.exported && hasUnsampled(fragment);
  const outcome = {
    service,
    verdict,
    forced,
    exported: forced || exportedBeneath,
    ...(decision.represents === undefined ? undefined : { represents: decision.represents }),
  };
  if (tree === undefined) return { ...outcome, code: "ok" };
  const { root } = tree.raw;
  if (!forced) return { ...outcome, code: root.code, tree };
  return { ...outcome, code: root.code, tree: tree.asExported() };
}

/** What a caller is told. The tree is redacted if somebody reads it, for nobody may have asked. */
export function toldOutcome({ service, code, exported, tree }: DecidedOutcome): Answer {
  if (tree === undefined) return { service, code, exported };
  return {
    service,
    code,
    exported,
    get tree() {
      return tree.told();
    },
  };
}

/** Sequence numbers: no clock is asked. A span that has not ended has an end beyond all others. */
function hasFailedAfterRoot({ root, entries }: Fragment): boolean {
  if (root.end === Number.POSITIVE_INFINITY) return false;
  return entries.some(({ suspect, end }) => suspect && end > root.end && end !== Number.POSITIVE_INFINITY);
}

/** Head-sampled spans go their normal way; one that was let go of has nothing left to export. */
function hasUnsampled(fragment: Fragment): boolean {
  return !fragment.spent && fragment.entries.some((entry) => !isSampled(entry.span));
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
