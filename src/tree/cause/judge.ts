// Judges the failures beneath a failed node: what stopped it, and how sure that is. Done once, by the service whose spans they
// are; only the marks are sent. Five principles: time, report, going on, choice, sureness.

import { isFault } from "../../spans/code.ts";
import { SILENCE } from "../../spans/saying.ts";
import type { Because } from "../because.ts";
import type { Item } from "../item.ts";
import type { Work } from "../link.ts";
import { causeChildOf, type TreeNode } from "../tree.ts";
import { standsAlone } from "./alone.ts";
import { type Child, failedChildren, failureOf, stops } from "./child.ts";
import { isOwnMistake } from "./mistake.ts";
import { Region, type RegionFailure } from "./region.ts";
import { namesOneOf, type Report, reportOf } from "./report.ts";
import { endApart, endThrough, isOverNothingSure } from "./sureness.ts";
import { reportedAt, reportedBy } from "./time.ts";

/** How a node is judged. */
interface JudgeOptions {
  /** The node is a call: what stands beneath it is its callee's, on another clock. */
  readonly isCall: boolean;
  /** Reasons are wanted, too. */
  readonly explain: boolean;
}

/** Where the way to the cause goes from a node. */
type Way = { readonly child: Child; readonly because: Because } | { readonly own: Because };

/**
 * Marks the failed children of a failed node that did not stop it, the node if the way to the cause ends there, and if it
 * is not sure. The items stand in the order in which they failed, and have been judged themselves.
 */
export function judge(node: Work, item: Item, { isCall, explain }: JudgeOptions): void {
  const reported = reportedAt(node);
  if (!explain && !isCall && standsAlone(node, item, reported)) {
    item.cause = (item.items[0] as Item).cause;
    return;
  }
  const isPending = item.items.some(({ node, work }) => node.pending || work?.record.pending !== undefined);
  // A node with an error of its own was not stopped by mere waiting.
  const isWaiting = isPending && (node.record.says ?? SILENCE).texts.length === 0;
  const children = failedChildren(item.items, { node, reported: reportedBy(node, reported), isCall });
  if (children.length === 0) {
    // Nothing beneath is known to have failed, but a call that still runs, or another request with the same error, may have.
    if (isWaiting || node.record.sharedError) item.node = { ...item.node, unsure: true };
    return;
  }
  let region: Region | undefined;
  const regionOf = (): Region => {
    region ??= new Region(node, reported);
    return region;
  };
  if (!isCall) markRetried(children, regionOf());
  const report = reportBy(node, children);
  if (report !== undefined) surviveBeside(children, report);
  else survive(node, children, isCall ? undefined : regionOf());
  const way = wayOf(node, children, report, isCall);
  if ("own" in way) {
    const unsure = isUnsureEnd(way.own, children, isWaiting);
    if (unsure) item.node = { ...item.node, unsure: true };
    item.ownBecause = way.own;
  } else {
    const unsure = isUnsure(node, children, way.child, report, isPending);
    if (unsure) item.node = { ...item.node, unsure: true };
    item.cause = endThrough(way.child.item.cause, way.child.survived);
  }
  mark(item, children, way);
}

/**
 * The failed children that the node's own error names. If a request's first span has no error, the error of its first failed
 * step counts, provided that nothing else that failed had begun by then. If something failed after it, or it succeeded when it
 * was made again, only a layer of a framework is known to have passed its error up.
 */
function reportBy(node: Work, children: readonly Child[]): Report<Child> | undefined {
  const says = node.record.says ?? SILENCE;
  // A node whose caller went away returned its code to nobody.
  const code = node.record.abandoned ? "unknown" : node.code;
  const isRequest = node.entry && (node.record.kind === "server" || node.record.kind === "consumer");
  const inTime = reportable(children);
  if (!isRequest || says.texts.length > 0 || says.types.length > 0) return reportOf(says, code, inTime);
  const failed = inTime.filter(({ isBeneathSuccess }) => !isBeneathSuccess);
  const step = failed.find(({ item }) => item.inner);
  const isFirst = inTime.every((child) => child === step || (step && child.item.start >= step.item.end));
  const isLeft = step?.item.work?.record.layer || (failed.length === 1 && !step?.retried);
  if (step !== undefined && isFirst && isLeft) return { named: new Set([step]), by: "step" };
  return reportOf(says, code, inTime);
}

function markRetried(children: readonly Child[], region: Region): void {
  for (const child of children) {
    const failure = failureOf(child);
    if (failure !== undefined && region.succeededLater(failure)) child.retried = true;
  }
}

/** The children that a report may name: those that failed in time, and no undoing if something else failed. */
function reportable(children: readonly Child[]): readonly Child[] {
  const inTime = children.filter(({ stoppedNobody }) => !stoppedNobody);
  const takesBack = afterFaults(inTime);
  const others = inTime.filter((child) => !child.isUndoing && !takesBack(child));
  return others.length > 0 ? others : inTime;
}

/** Whether a child undoes something: it may by its name, and a fault that was not survived came before it. */
function afterFaults(children: readonly Child[]): (child: Child) => boolean {
  let first: Child | undefined;
  let second: Child | undefined;
  for (const child of children) {
    const { survived, retried, isUndoing, isBeneathSuccess, stoppedNobody, item } = child;
    if (!stops(child) || survived || retried || isUndoing || isBeneathSuccess || stoppedNobody) continue;
    if (first === undefined || item.end < first.item.end) [first, second] = [child, first];
    else if (second === undefined || item.end < second.item.end) second = child;
  }
  return (child) => {
    const fault = first === child ? second : first;
    return child.mayTakeBack && fault !== undefined && fault.item.end <= child.item.start;
  };
}

/** What the node's error names was not survived, the last attempt if it names several; everything else was. */
function surviveBeside(children: readonly Child[], { named, by, detail }: Report<Child>): void {
  const repeated = repeatedAmong(named);
  for (const child of children) {
    child.survived = !named.has(child) || repeated.has(child);
    if (!named.has(child)) child.because ??= { why: "another-named" };
    else if (repeated.has(child)) child.because = { why: "went-on" };
    else child.because = { why: `named-by-${by}`, ...(detail === undefined ? undefined : { detail }) };
  }
}

/** Failures of operations that failed again later. Equal times count as after; what took no time is not its own repetition. */
function repeatedAmong(named: ReadonlySet<Child>): ReadonlySet<Child> {
  const onClock = [...named].filter(({ item }) => item.work !== undefined);
  const latest = new Map<string, number>();
  for (const { group, item } of onClock)
    latest.set(group, Math.max(latest.get(group) ?? item.start, item.start));
  const isRepeated = ({ group, item: { start, end } }: Child): boolean => {
    const last = latest.get(group) as number;
    return last > end || (last === end && start < end);
  };
  return new Set(onClock.filter(isRepeated));
}

/**
 * If the node's error names no failure, it survived what failed too late, what it did not need, and what it made further
 * calls after. If the error names a call that succeeded, it is about none of the failures.
 */
function survive(node: Work, children: readonly Child[], region: Region | undefined): void {
  for (const child of children) if (child.stoppedNobody || child.isBeneathSuccess) child.survived = true;
  if (region === undefined) return;
  if (namesOneOf(node.record.says ?? SILENCE, region.successes)) {
    for (const child of children) {
      child.survived = true;
      child.because ??= { why: "another-named" };
    }
    return;
  }
  const asked: Child[] = [];
  const failures: RegionFailure[] = [];
  for (const child of children) {
    const failure = child.survived ? undefined : failureOf(child);
    if (failure === undefined) continue;
    asked.push(child);
    failures.push(failure);
  }
  region.survived(failures).forEach((proof, i) => {
    const child = asked[i] as Child;
    if (!proof) return;
    child.survived = true;
    child.because = { why: child.retried ? "retried" : "went-on" };
  });
  const others = children.filter(({ isUndoing, stoppedNobody }) => !isUndoing && !stoppedNobody);
  const takesBack = afterFaults(children);
  for (const child of children) {
    const undoes = child.isUndoing ? others.length > 0 : isFault(child.code) && takesBack(child);
    if (!undoes) continue;
    child.survived = true;
    child.because = { why: "undoing" };
  }
}

/** Where the way to the cause goes. */
function wayOf(
  { code, record }: Work,
  children: readonly Child[],
  report: Report<Child> | undefined,
  isCall: boolean,
): Way {
  const namesAnError = report?.by === "text" || report?.by === "type" || report?.by === "step";
  const explaining = children.map(({ evidence, survived }) => ({ ended: evidence.ended, survived }));
  if (isOwnMistake(record.says ?? SILENCE, code, namesAnError, explaining))
    return { own: { why: "mistake" } };
  if (isCall && code === "deadline-exceeded" && children.every(isCancelledWork)) {
    return { own: { why: "ran-out-of-time" } };
  }
  const left = children.filter(({ survived }) => !survived);
  if (left.length > 0) return wayAmong(left, isFault(code));
  const likely = children.filter(
    (child) =>
      !child.stoppedNobody && !child.isBeneathSuccess && !child.retried && child.because?.why !== "undoing",
  );
  const last = likely.at(-1);
  if (last === undefined) return { own: { why: "nothing-stopped-it" } };
  if (!likely.some(stops)) return { own: { why: "rejections-alone" } };
  return { child: last, because: { why: "last" } };
}

/** True for what was cancelled and, as far down as the way to its cause leads, had not failed before. */
function isCancelledWork({ code, item }: Child): boolean {
  const end = item.cause.value;
  return code === "cancelled" && (end.code === "cancelled" || end.survived === true);
}

/**
 * Among failures that were not survived the first fault beneath a fault, else the first. If that is one of several attempts
 * within one call, the last of them with the code that the call returned: of those side by side only if the first has another one.
 */
function wayAmong(left: readonly Child[], isFaulty: boolean): Way {
  const first = left[0] as Child;
  if (left.length === 1) return { child: first, because: first.because ?? { why: "only" } };
  const fault = isFaulty ? left.find(({ code }) => isFault(code)) : undefined;
  const child = fault ?? first;
  const { work, followed } = child.item;
  const told = left.findLast(({ item, code }) => item.work === work && code === work?.code);
  if (told !== undefined && told !== child && (followed || child.code !== told.code)) {
    return { child: told, because: told.because ?? { why: "last-attempt" } };
  }
  return { child, because: child.because ?? { why: fault === undefined ? "first" : "first-fault" } };
}

function isUnsureEnd({ why }: Because, children: readonly Child[], isPending: boolean): boolean {
  if (why === "mistake") return children.some(({ survived }) => !survived);
  if (why === "ran-out-of-time") return false;
  return why === "rejections-alone" || isPending;
}

function isUnsure(
  { code }: Work,
  children: readonly Child[],
  way: Child,
  report: Report<Child> | undefined,
  isPending: boolean,
): boolean {
  if (endApart(children.filter(({ survived }) => !survived))) return true;
  if (report !== undefined) return false;
  return isPending || isOverNothingSure(code, way);
}

/** Sets the marks; `way` only if a reader of the codes and the other marks would go another way. */
function mark(item: Item, children: readonly Child[], way: Way): void {
  for (const child of children) {
    child.item.survived = child.survived;
    child.item.because = child.because;
  }
  const nodes = item.items.map((child): TreeNode => {
    return child.survived ? { ...child.node, survived: true } : child.node;
  });
  const read = causeChildOf({ ...item.node, children: nodes });
  if ("own" in way) {
    if (read !== undefined) item.node = { ...item.node, own: true };
    return;
  }
  way.child.item.because = way.because;
  if (read !== nodes[item.items.indexOf(way.child.item)]) way.child.item.way = true;
}
