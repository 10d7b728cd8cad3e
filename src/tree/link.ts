// Links the spans of a trace to their parents: finds the roots, keeps one record of each span, cuts cycles.

import type { Code } from "../spans/code.ts";
import type { SpanRecord } from "../spans/span-record.ts";
import { NO_STEPS, type Steps } from "./cause/steps.ts";
import { ContentOrder, compareAlone, contentOf } from "./content-order.ts";
import type { Item } from "./item.ts";

/** A span with what is known of it while the tree grows. */
export interface Work {
  readonly record: SpanRecord;
  /** Its place among the spans of its service: by time, or by number. */
  start: number;
  end: number;
  parent: Work | undefined;
  readonly children: Work[];
  /** The first span of its service, a server span, or a synthesized one: a node of its own. */
  entry: boolean;
  code: Code;
  /** What stands beneath, in no order yet. */
  items: Item[];
  /** A span or an answer of the callee is known. */
  calleeSeen: boolean;
  /** It began after the first span of its part had reported its failure. */
  late: boolean;
  /** In its part, `start` and `end` of the spans beneath the first one are sequence numbers, and no times. */
  numbered: boolean;
  /** The first calls in it, on its clock; see `Unit`. */
  steps: Steps;
}

/** The roots in the order of their starts, each with its descendants; neither arrival nor ids make a difference. */
export function linkSpans(
  records: readonly SpanRecord[],
  onCycle: ((spanId: string) => void) | undefined,
): Work[][] {
  const byId = new Map<string, Work>();
  for (const record of records) {
    const twin = byId.get(record.spanId);
    if (twin === undefined || isFuller(record, twin.record)) byId.set(record.spanId, newWork(record));
  }
  const roots: Work[] = [];
  for (const work of byId.values()) {
    const { parentId, kind, service, synthesized } = work.record;
    // A consumer begins a tree of its own: who sent the message has not failed.
    const parent = parentId === undefined || kind === "consumer" ? undefined : byId.get(parentId);
    work.entry =
      parent === undefined ||
      kind === "server" ||
      synthesized !== undefined ||
      parent.record.service !== service;
    work.parent = parent;
    if (parent === undefined) roots.push(work);
    else parent.children.push(work);
  }
  const content = new ContentOrder(byId.values());
  const orders = roots.map((root) => withDescendants(root, content));
  if (orders.reduce((sum, order) => sum + order.length, 0) < byId.size) {
    // One by one: a call takes only so many arguments, and a trace may have more cycles.
    for (const order of cutCycles(byId, new Set(orders.flat()), content, onCycle)) orders.push(order);
  }
  if (records.some(({ order }) => order !== undefined)) for (const order of orders) numberParts(order);
  return orders.sort(([a], [b]) => content.compare(a as Work, b as Work));
}

/** Uses the sequence numbers of a part only if every span beneath its first has one, because numbers and times cannot be compared. */
function numberParts(order: readonly Work[]): void {
  const parts = new Map<Work, Work>();
  const timed = new Set<Work>();
  for (const work of order) {
    const part = work.entry ? work : (parts.get(work.parent as Work) as Work);
    parts.set(work, part);
    if (!work.entry && work.record.order === undefined) timed.add(part);
  }
  for (const work of order) {
    const { order: numbers } = work.record;
    work.numbered = !timed.has(parts.get(work) as Work);
    const part = parts.get(work.parent ?? work) as Work;
    if (numbers === undefined || timed.has(part)) continue;
    work.start = numbers.began;
    work.end = numbers.ended;
    work.late = numbers.began > (part.record.head ?? Number.POSITIVE_INFINITY);
  }
}

function newWork(record: SpanRecord): Work {
  return {
    record,
    start: record.start,
    end: record.end,
    parent: undefined,
    children: [],
    entry: false,
    code: "ok",
    items: [],
    calleeSeen: false,
    late: false,
    numbered: false,
    steps: NO_STEPS,
  };
}

/** Which of two records of one span counts, whatever the order in which they come. */
function isFuller(record: SpanRecord, than: SpanRecord): boolean {
  if (record.fullness !== than.fullness) return record.fullness > than.fullness;
  if (record.end !== than.end) return record.end > than.end;
  const [content, other] = [contentOf(record), contentOf(than)];
  return content === other ? (record.parentId ?? "") > (than.parentId ?? "") : content > other;
}

/** Spans that no root reaches stand in or beneath a cycle: the first span of the cycle, by its start, becomes a root. */
function cutCycles(
  byId: ReadonlyMap<string, Work>,
  reached: Set<Work>,
  content: ContentOrder,
  onCycle: ((spanId: string) => void) | undefined,
): Work[][] {
  const orders: Work[][] = [];
  for (const start of byId.values()) {
    if (reached.has(start)) continue;
    const root = firstOfCycle(start);
    const siblings = (root.parent as Work).children;
    siblings.splice(siblings.indexOf(root), 1);
    root.parent = undefined;
    root.entry = true;
    onCycle?.(root.record.spanId);
    const order = withDescendants(root, content);
    orders.push(order);
    for (const work of order) reached.add(work);
  }
  return orders;
}

function firstOfCycle(start: Work): Work {
  const seen = new Set<Work>();
  let work = start;
  while (!seen.has(work)) {
    seen.add(work);
    work = work.parent as Work;
  }
  let first = work;
  for (let next = work.parent as Work; next !== work; next = next.parent as Work) {
    if (compareAlone(next, first) < 0) first = next;
  }
  return first;
}

/** A span and all beneath it, parents before children, whose order no longer shows in which they arrived. */
function withDescendants(root: Work, content: ContentOrder): Work[] {
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    const { children } = order[i] as Work;
    if (children.length > 1) children.sort(content.compare);
    for (const child of children) order.push(child);
  }
  return order;
}
