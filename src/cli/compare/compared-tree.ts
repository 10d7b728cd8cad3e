// Compares a failing tree with what the same operations did in another trace, and finds what only that one has.

import type { SpanRecord } from "../../spans/span-record.ts";
import { linkSpans, type Work } from "../../tree/link.ts";
import { redactText } from "../../tree/redact-node.ts";
import type { TreeNode } from "../../tree/tree.ts";

/** An operation of one trace or of both. */
export interface ComparedNode {
  /** Absent if only the other trace has the operation. */
  readonly node?: TreeNode;
  /** The operation's spans in the other trace, in the order of their starts; empty if it has none. */
  readonly others: readonly Work[];
  /** The call was made in the other trace, too, but its callee exported nothing there: what it did is not known. */
  readonly isQuiet?: boolean;
  readonly children: ComparedNode[];
}

/** A node whose children have yet to be found. */
interface Open {
  readonly compared: ComparedNode;
  /** Its span in the failing trace; absent if only the other trace has the operation, or if nobody exported the span. */
  readonly own: Work | undefined;
}

/**
 * The tree, with what each operation did in the other trace beneath the same caller. What only the other trace has follows the
 * failures. Nothing is said about a call that succeeded here if its callee exported no spans, because services that did not
 * fail export none. Iterative: depth is the peers' choice.
 */
export function compareTrees(
  root: TreeNode,
  records: readonly SpanRecord[],
  otherRecords: readonly SpanRecord[],
): ComparedNode {
  const own = new Map<string | undefined, Work>();
  for (const work of linkSpans(records, undefined).flat()) own.set(work.record.spanId, work);
  const others = linkSpans(otherRecords, undefined).map(([first]) => first as Work);
  const isRoot = isSameAs(root, own.get(root.spanId));
  const compared: ComparedNode = { node: root, others: others.filter(isRoot), children: [] };
  const todo: Open[] = [{ compared, own: own.get(root.spanId) }];
  for (let open = todo.pop(); open !== undefined; open = todo.pop()) {
    for (const child of childrenOf(open, own)) {
      open.compared.children.push(child);
      todo.push({ compared: child, own: child.node === undefined ? undefined : own.get(child.node.spanId) });
    }
  }
  return compared;
}

function childrenOf({ compared, own }: Open, all: ReadonlyMap<string | undefined, Work>): ComparedNode[] {
  const { node, others } = compared;
  const beneath = spansBeneath(others, NONE);
  const children: ComparedNode[] = (node?.children ?? []).map((child) => {
    const work = all.get(child.spanId);
    const same = beneath.filter(isSameAs(child, work));
    const isQuiet = same.length === 0 && work !== undefined && wasCalled(edgeOf(work), beneath);
    return { node: child, others: same, ...(isQuiet ? { isQuiet } : undefined), children: [] };
  });
  // If a service did not export its spans, it is not known what it called.
  if (node !== undefined && (own === undefined || own.record.synthesized !== undefined)) return children;
  const taken = new Set(children.flatMap((child) => child.others));
  const here = own === undefined ? [] : spansBeneath([own], NONE);
  return [...children, ...onlyThere(callsAmong(spansBeneath(others, taken)), here)];
}

/** Calls by operation, without those that the failing trace may have too. */
function onlyThere(calls: readonly Work[], here: readonly Work[]): ComparedNode[] {
  const known = new Set(here.map(keyOf));
  const quiet = here.filter((work) => isLeafCall(work) && !work.record.failed).map(callKeyOf);
  const groups = new Map<string, Work[]>();
  for (const call of calls) {
    const key = keyOf(call);
    const group = groups.get(key);
    if (group !== undefined) group.push(call);
    else if (!known.has(key) && !takeFrom(quiet, callKeyOf(edgeOf(call)))) groups.set(key, [call]);
    else known.add(key);
  }
  return [...groups.values()].map((others) => ({ others, children: [] }));
}

function takeFrom(keys: string[], key: string): boolean {
  const at = keys.indexOf(key);
  if (at >= 0) keys.splice(at, 1);
  return at >= 0;
}

const NONE: ReadonlySet<Work> = new Set();

/** The spans beneath others, down to the first ones of other services and without spans that are already used; by their starts. */
function spansBeneath(works: readonly Work[], taken: ReadonlySet<Work>): Work[] {
  const found = new Set<Work>();
  const todo = works.flatMap(({ children }) => children);
  for (let work = todo.pop(); work !== undefined; work = todo.pop()) {
    if (taken.has(work) || found.has(work)) continue;
    found.add(work);
    if (!work.entry) for (const child of work.children) todo.push(child);
  }
  return [...found].sort((a, b) => a.record.start - b.record.start);
}

/** What was called: operations of services, and calls of which nothing more is known, such as those of a database. */
function callsAmong(works: readonly Work[]): Work[] {
  return works.filter((work) => work.entry || isLeafCall(work));
}

/** True if the same call is among those whose callees exported nothing. */
function wasCalled(edge: Work, works: readonly Work[]): boolean {
  return works.some((work) => isLeafCall(work) && callKeyOf(work) === callKeyOf(edge));
}

function isLeafCall({ entry, children, record: { kind } }: Work): boolean {
  return !entry && (kind === "client" || kind === "producer") && !children.some((child) => child.entry);
}

/** The span of the call that led to an operation; the operation's own span if it has no caller. */
function edgeOf(work: Work): Work {
  return work.entry ? (work.parent ?? work) : work;
}

function callKeyOf({ record: { operation, peer } }: Work): string {
  return JSON.stringify([operation, peer]);
}

function keyOf({ entry, record: { service, operation, peer } }: Work): string {
  return JSON.stringify([service, operation, entry || peer]);
}

/** True if a span of the other trace is the operation of a node, whose own span is `own`. */
function isSameAs({ service, operation, peer }: TreeNode, own: Work | undefined): (work: Work) => boolean {
  const entry = own?.entry ?? true;
  return (work) =>
    work.entry === entry &&
    work.record.service === service &&
    redactText(work.record.operation) === operation &&
    (entry || peer === undefined || redactText(work.record.peer ?? "") === peer);
}
