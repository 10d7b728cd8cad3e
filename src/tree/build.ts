// Builds error trees from spans: each span hands what failed beneath it to the span above.

import type { Code } from "../spans/code.ts";
import type { SpanRecord } from "../spans/span-record.ts";
import { type Evidence, laterEvidence } from "./cause/evidence.ts";
import { stepsWithin } from "./cause/region.ts";
import { NO_STEPS, stepsOf } from "./cause/steps.ts";
import { byStart, type Item, type SealOptions, seal } from "./item.ts";
import { linkSpans, type Work } from "./link.ts";
import { Shapes } from "./shape.ts";
import { isEdge, itemOf, itemOfAnswer } from "./span-item.ts";
import type { ErrorTree, TreeNode } from "./tree.ts";

/** What came back on a client span from a callee of another process. */
export interface CalleeAnswer {
  /** Absent if nothing failed there. */
  readonly root?: TreeNode;
  readonly omitted: number;
}

/** Further knowledge about the spans of one trace. */
export interface BuildOptions extends SealOptions {
  readonly traceId?: string;
  /** Answers by the id of the client span that received them. */
  readonly answers?: ReadonlyMap<string, CalleeAnswer>;
  /** Nodes already known to be lost. */
  readonly omitted?: number;
  /** What is known of the shapes of answers by trees that were built before. */
  readonly shapes?: Shapes;
  /** Called with the span at which a cycle of parents was cut. */
  readonly onCycle?: (spanId: string) => void;
}

/**
 * The error trees of one trace: one per root or consumer beneath which anything failed, in the order of their starts.
 * Spans come in any order; of two records of one span the fuller one counts; a missing parent makes a root, a cycle of
 * parents is cut. Iterative: depth is the peer's choice.
 */
export function buildTrees(records: readonly SpanRecord[], options: BuildOptions = {}): ErrorTree[] {
  if (options.answers === undefined && !records.some((record) => record.failed)) return [];
  const trees: ErrorTree[] = [];
  const { shapes = new Shapes() } = options;
  for (const order of linkSpans(records, options.onCycle)) {
    const tree = treeOf(order, shapes, options);
    if (tree !== undefined) trees.push(tree);
  }
  return trees;
}

/** The tree of a root and its descendants, parents before children; `undefined` if nothing failed among them. */
function treeOf(order: readonly Work[], shapes: Shapes, options: BuildOptions): ErrorTree | undefined {
  const root = order[0] as Work;
  for (const work of order) work.code = codeOf(work);
  const explain = options.explain === true || options.marks !== undefined;
  let omitted = options.omitted ?? 0;
  for (let i = order.length - 1; i >= 0; i--) {
    const work = order[i] as Work;
    omitted += addAnswer(work, options.answers);
    if (work !== root) contribute(work, explain);
  }
  const item = itemOf(root, explain);
  if (item === undefined) return undefined;
  const tree = { traceId: options.traceId ?? "", root: seal(item, shapes, options), omitted };
  const parentSpanId = root.record.parentId;
  return parentSpanId === undefined ? tree : { ...tree, parentSpanId };
}

/**
 * The span's own code, else for an inner span the code of the failed span above it in its service (skipping spans that
 * neither failed nor said ok).
 */
function codeOf(work: Work): Code {
  const { record } = work;
  if (!record.failed) return "ok";
  if (record.code !== undefined) return record.code;
  if (record.kind !== "internal" || work.entry) return "unknown";
  let above = work.parent;
  while (above !== undefined && isTransparent(above)) above = above.parent;
  return above?.record.failed ? above.code : "unknown";
}

function isTransparent(work: Work): boolean {
  return !work.entry && !work.record.failed && !work.record.explicitOk;
}

/** Hangs the answer that came back on a client span beneath it; returns the nodes that the answer had lost. */
function addAnswer(work: Work, answers: BuildOptions["answers"]): number {
  const answer = answers?.get(work.record.spanId);
  if (answer === undefined) return 0;
  work.calleeSeen = true;
  if (answer.root !== undefined && reportsFailure(answer.root, answer.omitted)) {
    work.items.push(itemOfAnswer(answer.root, work));
  }
  return answer.omitted;
}

/** False if an answer says that nothing failed. */
function reportsFailure({ code, children }: TreeNode, omitted: number): boolean {
  return code !== "ok" || children.length > 0 || omitted > 0;
}

/** Hands the nodes beneath and including a span to the span above it. */
function contribute(work: Work, explain: boolean): void {
  const parent = work.parent as Work;
  const item = itemOf(work, explain);
  const passed = item === undefined ? (work.entry ? [] : work.items) : [item];
  if (isEdge(work)) {
    // Attempts of one call are ordered by start time on the callee's clock.
    if (item === undefined) passed.sort(byStart).forEach(numberAttempt);
    for (const child of passed) callOf(child, item, work);
  }
  for (const child of passed) parent.items.push(child);
  if (!isEdge(work)) work.steps = work.entry ? NO_STEPS : stepsOf(work.children.map(stepsWithin));
  if (work.entry) {
    if (item !== undefined) item.calledAt = parent.record.times?.startMs;
    parent.calleeSeen = true;
    return;
  }
  if (work.calleeSeen) parent.calleeSeen = true;
}

/** True if a failure was answered with a status: beneath a call that succeeded it was an attempt before the last one. */
function showsStatus({ statuses, codes }: Evidence): boolean {
  return statuses.length > 0 || codes.length > 0;
}

function numberAttempt(child: Item, place: number, attempts: readonly Item[]): void {
  child.attempt = place;
  child.followed ||= (attempts.at(-1) as Item).start >= child.end;
}

/** Gives a call, or a node of its callee, the times of the call: on the caller's clock a callee failed when the call ended. */
function callOf(child: Item, item: Item | undefined, work: Work): void {
  const { record } = work;
  if (!child.node.pending) child.end = work.end;
  child.start = work.start;
  child.work = work;
  if (child === item) return;
  const told = child.evidence;
  child.evidence = laterEvidence(record, [told], true);
  // If a call shows neither failure nor answer, it may only wrap the failing call: do not mark it survived.
  if (record.failed || record.pending !== undefined || !(record.explicitOk || record.answered)) return;
  // What a callee says of itself under a good status, as GraphQL does, its caller was told in the body.
  if (!record.explicitOk && !child.inner && child.node.code !== "ok" && !showsStatus(told.value)) return;
  child.beneathSuccess = record.explicitOk ? "explicit" : "answered";
}
