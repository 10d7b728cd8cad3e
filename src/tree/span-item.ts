// Makes nodes of spans: which span is a node, which a call that its callee's node stands for.

import { Later } from "../spans/later.ts";
import { type Evidence, laterEvidence, laterEvidenceOfAnswer, NO_EVIDENCE } from "./cause/evidence.ts";
import { judge } from "./cause/judge.ts";
import { endOf, endOfAnswer, endThrough } from "./cause/sureness.ts";
import { fold } from "./fold.ts";
import { type Item, inOrder, type NodeDraft, UNJUDGED } from "./item.ts";
import type { Work } from "./link.ts";
import { stubOf } from "./span-stub.ts";
import { causeChildOf, type TreeNode } from "./tree.ts";

/** True for a call: its callee's node stands under the node that called. */
export function isEdge(work: Work): boolean {
  return !work.entry && (work.record.kind === "client" || work.record.kind === "producer");
}

/** The node of a span; `undefined` if it is none. With `explain` it also says why it was judged so. */
export function itemOf(work: Work, explain: boolean): Item | undefined {
  if (isEdge(work)) return edgeItem(work, explain);
  const { record } = work;
  if (!record.failed) {
    if (record.synthesized?.node.pending) return newItem(work, {});
    // A call that was given up, or still ran, is a node only beneath a failed node.
    if (work.entry || record.explicitOk) work.items = withoutPending(settleCancelled(work.items));
    if (work.items.length === 0) return undefined;
    if (work.entry) return newItem(work, {});
    const handles = record.explicitOk && work.items.some((item) => item.node.code !== "ok");
    return handles ? newItem(work, {}) : undefined;
  }
  const isLeaf = calleesOf(work).length === 0;
  const flags = work.entry && isLeaf && record.kind === "client" ? peerOf(work) : {};
  return folded(judged(work, flags, { isCall: false, explain }), work);
}

/** A synthesized span was written from a node that had been folded. */
function folded(item: Item, { record }: Work): Item {
  return record.thinned || record.synthesized !== undefined ? item : fold(item);
}

/** The node of a failed span, with everything beneath it judged. */
function judged(work: Work, flags: Partial<TreeNode>, options: Parameters<typeof judge>[2]): Item {
  inOrder(work.items);
  const item = newItem(work, flags);
  if (work.record.synthesized === undefined) judge(work, item, options);
  else item.cause = markedCause(item);
  return item;
}

/** The node of a synthesized span was judged by its own service: its marks show the way. */
function markedCause(item: Item): Item["cause"] {
  const nodes = item.items.map(({ node }) => node);
  const child = causeChildOf({ ...item.node, children: nodes });
  if (child === undefined) return item.cause;
  return endThrough((item.items[nodes.indexOf(child)] as Item).cause, child.survived === true);
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

/** What was called beneath a call. A failed inner span, as that of a connection, is the call's own. */
function calleesOf({ items }: Work): Item[] {
  return items.flatMap((item) => (item.inner ? item.items : item)).filter((item) => !item.inner);
}

/** A client or producer span is a node only if its callee's tree does not already say that it failed. */
function edgeItem(work: Work, explain: boolean): Item | undefined {
  const { record } = work;
  if (!record.failed) return pendingItem(work);
  const failed = calleesOf(work).filter((item) => item.node.code !== "ok" && !item.cancelled);
  if (failed.length > 0 && work.code === "unknown") return undefined;
  if (failed.some((item) => item.node.code === work.code || isAnsweredAs(item.node, record))) {
    // The callee saw its caller leave: that is the caller's own cancelling, seen from the other side.
    if (record.cancelled) for (const item of failed) if (item.node.abandoned) item.cancelled = true;
    return undefined;
  }
  const bare = !record.database && failed.length === 0;
  const flags = {
    ...peerOf(work),
    ...(record.answered || record.database ? undefined : { unanswered: true as const }),
    ...(bare && record.answered && !work.calleeSeen ? { opaque: true as const } : undefined),
  };
  const item = folded(judged(work, flags, { isCall: true, explain }), work);
  return record.cancelled ? { ...item, cancelled: true } : item;
}

/**
 * True if the callee's code was answered with the HTTP status that the call saw, although the status alone means another code: RPCs
 * over HTTP have more codes than there are statuses. Source: Connect, "Error codes".
 */
function isAnsweredAs({ code }: TreeNode, { status }: Work["record"]): boolean {
  return status !== undefined && STATUS_OF_RPC[code] === status;
}

const STATUS_OF_RPC: Readonly<Partial<Record<TreeNode["code"], number>>> = {
  "failed-precondition": 400,
  "out-of-range": 400,
  aborted: 409,
  unknown: 500,
  "data-loss": 500,
};

/** A call that was still running when the node above reported its failure; of two nested ones the inner one stands for both. */
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
  const { errorType, message, frames, causes, attempt, synthesized, spanId } = record;
  const node = { service: record.service, operation: record.operation, code: work.code } as NodeDraft;
  if (errorType !== undefined) node.errorType = errorType;
  if (message !== undefined) node.message = message;
  if (frames !== undefined) node.frames = frames;
  if (causes !== undefined) node.causes = causes;
  if (attempt !== undefined) node.attempt = attempt;
  if (record.abandoned) node.abandoned = true;
  Object.assign(node, flags, synthesized?.node);
  node.count = synthesized?.count ?? 1;
  node.spanId = spanId;
  if (stub !== undefined) node.stub = stub;
  node.children = [];
  return {
    node,
    sealed: false,
    inner: record.failed && record.kind === "internal" && !work.entry,
    items: work.items,
    start: work.start,
    end: work.end,
    work: work.entry ? undefined : work,
    began: record.times?.startMs,
    calledAt: record.times?.startMs,
    place: synthesized?.place,
    spanId,
    evidence: record.failed
      ? laterEvidence(record, failuresBeneath(work), !isEdge(work) && !work.entry)
      : NO_EVIDENCE,
    cause: new Later(() => endOf(node, record.call?.value.address?.host)),
    isDataStore: record.database && isEdge(work),
    ...UNJUDGED,
  };
}

function failuresBeneath({ items }: Work): Later<Evidence>[] {
  const failures: Later<Evidence>[] = [];
  for (const { node, evidence } of items) if (node.code !== "ok") failures.push(evidence);
  return failures;
}

/** The node of an answer that came back on a client span: its tree is whole. */
export function itemOfAnswer(root: TreeNode, { record, start, end }: Work): Item {
  return {
    node: root,
    sealed: true,
    inner: false,
    items: [],
    work: undefined,
    start,
    end,
    began: undefined,
    calledAt: record.times?.startMs,
    place: undefined,
    spanId: "",
    evidence: laterEvidenceOfAnswer(root),
    cause: new Later(() => endOfAnswer(root)),
    isDataStore: false,
    ...UNJUDGED,
  };
}
