// Spans in, error trees out: which span is a node, which an edge, what folds and what collapses.

import type { Code } from "../spans/code.ts";
import type { SpanRecord } from "../spans/span-record.ts";
import { type Evidence, evidenceOf, evidenceOfAnswer, NO_EVIDENCE } from "./cause/evidence.ts";
import { judge } from "./cause/judge.ts";
import { stepsWithin } from "./cause/region.ts";
import { NO_STEPS, stepsOf } from "./cause/steps.ts";
import { endOf, endOfAnswer } from "./cause/sureness.ts";
import { byStart, type Item, inOrder, type SealOptions, seal } from "./item.ts";
import { linkSpans, type Work } from "./link.ts";
import { Shapes } from "./shape.ts";
import { stubOf } from "./span-stub.ts";
import { causeChildOf, type ErrorTree, type TreeNode } from "./tree.ts";

/** What came back on a client span from a callee of another process. */
export interface CalleeAnswer {
  /** Absent where nothing failed there. */
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

/** The tree of a root and its descendants, parents before children; `undefined` where nothing failed among them. */
function treeOf(order: readonly Work[], shapes: Shapes, options: BuildOptions): ErrorTree | undefined {
  const root = order[0] as Work;
  for (const work of order) work.code = codeOf(work);
  let omitted = options.omitted ?? 0;
  for (let i = order.length - 1; i >= 0; i--) {
    const work = order[i] as Work;
    omitted += addAnswer(work, options.answers);
    if (work !== root) contribute(work);
  }
  const item = itemOf(root);
  if (item === undefined) return undefined;
  const parentSpanId = root.record.parentId;
  return {
    traceId: options.traceId ?? "",
    root: seal(item, shapes, options),
    omitted,
    ...(parentSpanId === undefined ? undefined : { parentSpanId }),
  };
}

/** The span's own code, else for an inner span the code of the failed span above it in its service. */
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

function isEdge(work: Work): boolean {
  return !work.entry && (work.record.kind === "client" || work.record.kind === "producer");
}

/** Hangs the answer that came back on a client span beneath it; returns the nodes that the answer had lost. */
function addAnswer(work: Work, answers: BuildOptions["answers"]): number {
  const answer = answers?.get(work.record.spanId);
  if (answer === undefined) return 0;
  work.calleeSeen = true;
  if (answer.root !== undefined && tellsOfFailure(answer.root, answer.omitted)) {
    work.items.push({
      node: answer.root,
      sealed: true,
      inner: false,
      cancelled: false,
      items: [],
      work: undefined,
      start: work.start,
      end: work.end,
      began: undefined,
      calledAt: work.record.times?.startMs,
      attempt: 0,
      place: undefined,
      spanId: "",
      evidence: evidenceOfAnswer(answer.root),
      cause: endOfAnswer(answer.root),
      isDataStore: false,
      beneathSuccess: undefined,
      survived: false,
      way: false,
      because: undefined,
      ownBecause: undefined,
      innermost: undefined,
    });
  }
  return answer.omitted;
}

/** False where an answer says in so many words that nothing failed. */
function tellsOfFailure({ code, children }: TreeNode, omitted: number): boolean {
  return code !== "ok" || children.length > 0 || omitted > 0;
}

/** Hands what a span has to say to the span above it. */
function contribute(work: Work): void {
  const parent = work.parent as Work;
  const item = itemOf(work);
  const passed = item === undefined ? (work.entry ? [] : work.items) : [item];
  if (isEdge(work)) {
    // Attempts of one call stand in the order of their starts, on the clock of who answered.
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

function numberAttempt(child: Item, place: number): void {
  child.attempt = place;
}

/** A call, or what its callee told: on the caller's clock a callee failed when the call ended. */
function callOf(child: Item, item: Item | undefined, work: Work): void {
  const { record } = work;
  if (!child.node.pending) child.end = work.end;
  child.start = work.start;
  child.work = work;
  if (child === item) return;
  child.evidence = evidenceOf(record, [child.evidence], true);
  // A call that shows neither failure nor answer may be a shell around the one that failed.
  if (record.failed || record.pending !== undefined || !(record.explicitOk || record.answered)) return;
  child.beneathSuccess = record.explicitOk ? "explicit" : "answered";
}

/** The node that a span is, `undefined` where it is none. */
function itemOf(work: Work): Item | undefined {
  if (isEdge(work)) return edgeItem(work);
  const { record } = work;
  if (!record.failed) {
    if (record.told?.node.pending) return newItem(work, {});
    // A call that was given up, or still ran, is a node only beneath a failed node.
    if (work.entry || record.explicitOk) work.items = withoutPending(settleCancelled(work.items));
    if (work.items.length === 0) return undefined;
    if (work.entry) return newItem(work, {});
    const handles = record.explicitOk && work.items.some((item) => item.node.code !== "ok");
    return handles ? newItem(work, {}) : undefined;
  }
  const flags = work.entry && work.items.length === 0 && record.kind === "client" ? peerOf(work) : {};
  const item = judged(work, flags, false);
  // What was written from a node alone has folded already.
  return record.thinned || record.told !== undefined ? item : fold(item);
}

/** The node of a failed span, with everything beneath it judged. */
function judged(work: Work, flags: Partial<TreeNode>, isCall: boolean): Item {
  inOrder(work.items);
  const item = newItem(work, flags);
  if (work.record.told === undefined) judge(work, item, isCall);
  else item.cause = toldCause(item);
  return item;
}

/** What was written from a node alone was judged by who told it. */
function toldCause(item: Item): Item["cause"] {
  const nodes = item.items.map(({ node }) => node);
  const child = causeChildOf({ ...item.node, children: nodes });
  return child === undefined ? item.cause : (item.items[nodes.indexOf(child)] as Item).cause;
}

function withoutPending(items: Item[]): Item[] {
  return items.some(({ node }) => node.pending)
    ? items.flatMap((item) => (item.node.pending ? item.items : [item]))
    : items;
}

function settleCancelled(items: Item[]): Item[] {
  if (!items.some((item) => item.cancelled)) return items;
  return items.flatMap((item) =>
    item.cancelled ? item.items.filter((callee) => callee.node.code !== "cancelled") : [item],
  );
}

/** A client or producer span: a node only where its callee's tree does not already say that it failed. */
function edgeItem(work: Work): Item | undefined {
  const { record, items } = work;
  if (!record.failed) return pendingItem(work);
  const failed = items.filter((item) => item.node.code !== "ok" && !item.cancelled);
  if (failed.length > 0 && work.code === "unknown") return undefined;
  if (failed.some((item) => item.node.code === work.code)) {
    // That the caller left says no more at the callee than at the caller, who wanted it so.
    if (record.cancelled) for (const item of failed) if (item.node.abandoned) item.cancelled = true;
    return undefined;
  }
  const bare = !record.database && failed.length === 0;
  const flags = {
    ...peerOf(work),
    ...(record.answered || record.database ? undefined : { unanswered: true as const }),
    ...(bare && record.answered && !work.calleeSeen ? { opaque: true as const } : undefined),
  };
  const item = judged(work, flags, true);
  return record.cancelled ? { ...item, cancelled: true } : item;
}

/** A call that still ran when the node above told its failure; within another such call the innermost one stands for both. */
function pendingItem(work: Work): Item | undefined {
  const { pending } = work.record;
  if (pending === undefined || work.late || work.items.some(({ node }) => node.pending)) return undefined;
  const item = newItem(work, {
    ...peerOf(work),
    pending: true,
    ...(pending.ms === undefined ? undefined : { pendingMs: pending.ms }),
  });
  return { ...item, end: Number.POSITIVE_INFINITY };
}

function peerOf(work: Work): { peer?: string } {
  return work.record.peer === undefined ? {} : { peer: work.record.peer };
}

function newItem(work: Work, flags: Partial<TreeNode>): Item {
  const { record } = work;
  const stub = stubOf(record);
  const node: TreeNode = {
    service: record.service,
    operation: record.operation,
    code: work.code,
    ...(record.errorType === undefined ? undefined : { errorType: record.errorType }),
    ...(record.message === undefined ? undefined : { message: record.message }),
    ...(record.frames === undefined ? undefined : { frames: record.frames }),
    ...(record.abandoned ? { abandoned: true as const } : undefined),
    ...flags,
    ...record.told?.node,
    count: record.told?.count ?? 1,
    spanId: record.spanId,
    ...(stub === undefined ? undefined : { stub }),
    children: [],
  };
  return {
    node,
    sealed: false,
    inner: record.failed && record.kind === "internal" && !work.entry,
    cancelled: false,
    items: work.items,
    start: work.start,
    end: work.end,
    work: work.entry ? undefined : work,
    began: record.times?.startMs,
    calledAt: record.times?.startMs,
    attempt: 0,
    place: record.told?.place,
    spanId: record.spanId,
    evidence: record.failed
      ? evidenceOf(record, failuresBeneath(work), !isEdge(work) && !work.entry)
      : NO_EVIDENCE,
    cause: endOf(node, record.call?.address?.host),
    isDataStore: record.database && isEdge(work),
    beneathSuccess: undefined,
    survived: false,
    way: false,
    because: undefined,
    ownBecause: undefined,
    innermost: undefined,
  };
}

function failuresBeneath({ items }: Work): Evidence[] {
  const failures: Evidence[] = [];
  for (const { node, evidence } of items) if (node.code !== "ok") failures.push(evidence);
  return failures;
}

/**
 * Failed spans of one service in one line are one node: operation and code of the outer, the rest of the inner. Not if the
 * outer survived the inner, or failed by a mistake of its own.
 */
function fold(outer: Item): Item {
  const [inner, ...others] = outer.items.filter(({ node }) => !node.pending);
  if (others.length > 0) return outer;
  if (!inner?.inner || inner.sealed || inner.node.service !== outer.node.service) return outer;
  if (inner.survived || outer.node.own) return outer;
  const { at, operation, errorType, message, frames, own, unsure } = inner.node;
  outer.node = {
    ...outer.node,
    at: at ?? operation,
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames === undefined ? undefined : { frames }),
    ...(own ? { own } : undefined),
    ...(unsure ? { unsure } : undefined),
  };
  outer.innermost = inner.innermost ?? inner.spanId;
  outer.ownBecause = inner.ownBecause;
  const endsHere = own || !inner.items.some(({ node }) => node.code !== "ok");
  outer.cause = endsHere ? endOf(outer.node, undefined) : inner.cause;
  outer.items = [...inner.items, ...outer.items.filter(({ node }) => node.pending)];
  return outer;
}
