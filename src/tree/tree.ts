// Defines the error tree and derives from its structure: origin, drift, root cause, verdict.

import { type Code, isFault, isRejection } from "../spans/code.ts";
import type { SpanKindName } from "../spans/otel.ts";
import type { Because } from "./because.ts";

/** The `service` of a program without a `service.name`. Source: OpenTelemetry semantic conventions. */
export const UNKNOWN_SERVICE = "unknown_service";

/**
 * One failed operation, or one on the way to a failure beneath it.
 *
 * Optional fields are absent, not `undefined`, if they say nothing.
 */
export interface TreeNode {
  /** `service.name` of the program that ran the operation. */
  readonly service: string;
  /** Method and route if known, else the span name. */
  readonly operation: string;
  /** The code that the operation returned to its caller; `"ok"` if it did not fail. */
  readonly code: Code;
  /** The innermost operation, if several failed spans of one service in one line became this node. */
  readonly at?: string;
  /** Whom a call without a callee's node went to: `db.system.name`, else `server.address`. */
  readonly peer?: string;
  /** `error.type` or `exception.type`, e.g. `"ECONNREFUSED"`. */
  readonly errorType?: string;
  /** Status description, or `exception.message`. */
  readonly message?: string;
  /** Top stack frames of the program's own code, innermost first. */
  readonly frames?: readonly string[];
  /** What caused the error: its `cause`, the errors of an AggregateError, and theirs, as `type: message`, the nearest first. */
  readonly causes?: readonly string[];
  /** How many equal siblings this node stands for, itself included; at least 1. */
  readonly count: number;
  /** The handling of a message: which attempt it was, from 1; of several equal siblings the last one. Absent if the broker does not count. */
  readonly attempt?: number;
  /** The caller saw no response: timeout, reset, refused. */
  readonly unanswered?: true;
  /** The callee answered without a tree: it takes no part. */
  readonly opaque?: true;
  /** The caller went away before the answer was finished. */
  readonly abandoned?: true;
  /** A failed child of a failed node that was not what stopped the node. */
  readonly survived?: true;
  /** The way to the root cause ends here: no failure beneath is what stopped this node. */
  readonly own?: true;
  /** Something else than what stands on the way to the root cause may as well have stopped this node. */
  readonly unsure?: true;
  /** The way to the root cause leads here, although codes and the other marks of the siblings lead to another. */
  readonly way?: true;
  /**
   * A call that was still running when the node above it reported its failure. It has no failure of its own and its code is `"ok"`; it is
   * no part of fingerprint, identity and verdict.
   */
  readonly pending?: true;
  /** Whole milliseconds that a pending call had taken by then. */
  readonly pendingMs?: number;
  /** Why it was judged so among its siblings; never sent. */
  readonly because?: Because;
  /** Why the way to the cause ends here; never sent. */
  readonly ownBecause?: Because;
  /** The spans of this node, or of one that it stands for, were exported although the head sampler said no. */
  readonly exported?: true;
  /** So many nodes between this node and its parent were left out because there was no room. */
  readonly hops?: number;
  /** Failed nodes left out beneath this node had other codes than those that are shown. */
  readonly mixed?: true;
  /** Span id (16 hex digits) if the node was built from spans of this process or file; never sent. */
  readonly spanId?: string;
  /**
   * Stub of the node's span if no service exported or sampled it: the service that exports a fragment above writes the
   * span from it.
   */
  readonly stub?: SpanStub;
  /** In the order in which they failed on this node's clock. */
  readonly children: readonly TreeNode[];
}

/** A span as far as the services above need it to write it in place of the service that did not export it. */
export interface SpanStub {
  readonly kind: SpanKindName;
  /**
   * Whole milliseconds, at least 0, from the start of the span of the node above to the start of this one, on the clock of
   * the node's own service. The first node of a fragment says 0, for its caller's clock is another; the caller moves it to
   * the start of its client span. Absent, as is the duration, if there was no room for it.
   */
  readonly startMs?: number;
  /** Whole milliseconds, at least 0; of a span that was live when the tree was sent, what had passed by then. */
  readonly durationMs?: number;
}

/** The failures of one trace as one service saw them, from its entry down. */
export interface ErrorTree {
  /** 32 hex digits; the empty string if a header was read outside its request. */
  readonly traceId: string;
  readonly root: TreeNode;
  /** Exact number of nodes that were left out: for lack of room, or because a bound on what is kept was hit. */
  readonly omitted: number;
  /** Span id of the caller's span that the root hangs beneath, if known. */
  readonly parentSpanId?: string;
  /** Trees of the same trace whose place in this one is not known; only `joinTrees` makes them. */
  readonly apart?: readonly ErrorTree[];
}

/** How a node came to be in the tree; derived from structure, never stored. */
export type Origin = "self" | "propagated" | "handled" | "ok";

/** A fragment's outcome. */
export type Verdict = "ok" | "handled" | "rejected" | "failed";

/** True if the operation returned a failure to its caller. */
export function isFailed(node: TreeNode): boolean {
  return node.code !== "ok";
}

/**
 * `self`: failed without a failed child; `propagated`: failed with one; `handled`: not failed, with a failed child;
 * `ok`: only on the way to a failure that was handled further down.
 *
 * Source: I.-T. A. Lee et al., "The Tale of Errors in Microservices".
 */
export function originOf(node: TreeNode): Origin {
  // Failures stand beneath a node that is its own cause, even if they had to be left out.
  const failedBeneath = node.own === true || node.children.some(isFailed);
  if (isFailed(node)) return failedBeneath ? "propagated" : "self";
  return failedBeneath ? "handled" : "ok";
}

/**
 * The codes of the failed children that differ from the code which the node returned to its own caller, sorted.
 * `unknown` is no code to drift from, and if nodes in between were left out nothing is claimed.
 */
export function driftOf(node: TreeNode): Code[] {
  if (!isFailed(node)) return [];
  const codes = new Set<Code>();
  for (const child of node.children) {
    if (!isFailed(child) || child.hops !== undefined) continue;
    if (child.code !== node.code && child.code !== "unknown") codes.add(child.code);
  }
  return [...codes].sort();
}

/** Drift as text, `permission-denied -> not-found`; the empty string if there is none. */
export function driftText(node: TreeNode): string {
  const drift = driftOf(node);
  return drift.length === 0 ? "" : `${drift.join(", ")} -> ${node.code}`;
}

/** The first root cause of a tree and how sure it is. */
export interface RootCause {
  readonly node: TreeNode;
  /** From the root to the cause, both included. */
  readonly path: readonly TreeNode[];
  /** Something else may as well be the cause: a node on the way is unsure. */
  readonly ambiguous: boolean;
}

/**
 * The child in which the cause of a node lies, by codes and marks alone: the one marked as the way; else among the failed
 * children that were not survived the first fault beneath a fault, else the first of them; else the last failed child, if
 * not all of them are rejections. Above handled failures it is the first child. `undefined` if the node is the cause itself:
 * by its mark, or because it is a call that ran out of time and nothing beneath it has failed but what was cancelled then.
 */
export function causeChildOf(node: TreeNode): TreeNode | undefined {
  if (node.own) return undefined;
  let left: TreeNode | undefined;
  let leftFault: TreeNode | undefined;
  let last: TreeNode | undefined;
  let fault = false;
  let cancelled = node.code === "deadline-exceeded" && (node.peer !== undefined || node.unanswered === true);
  for (const child of node.children) {
    if (child.way) return child;
    if (!isFailed(child)) continue;
    last = child;
    fault ||= isFault(child.code);
    cancelled &&= child.code === "cancelled";
    if (child.survived) continue;
    left ??= child;
    if (isFault(child.code)) leftFault ??= child;
  }
  if (cancelled && last !== undefined) return undefined;
  if (left !== undefined) return (isFault(node.code) ? leftFault : undefined) ?? left;
  if (last !== undefined) return fault || !isFailed(node) ? last : undefined;
  return isFailed(node) ? undefined : node.children.find((child) => !child.pending);
}

/** The first root cause, found from the root down. It is ambiguous if a node on the way is unsure. */
export function rootCauseOf(root: TreeNode): RootCause {
  const path = [root];
  let ambiguous = root.unsure === true;
  for (let child = causeChildOf(root); child !== undefined; child = causeChildOf(child)) {
    path.push(child);
    ambiguous ||= child.unsure === true;
  }
  return { node: path[path.length - 1] as TreeNode, path, ambiguous };
}

/** The verdict of a tree; a tree always has a failure, so never `ok`. */
export function verdictOf(root: TreeNode): Exclude<Verdict, "ok"> {
  if (!isFailed(root)) return "handled";
  return isRejected(root) ? "rejected" : "failed";
}

/** True if all that is reached from the failed root through failed nodes has one and the same code, a rejection. */
function isRejected(root: TreeNode): boolean {
  if (!isRejection(root.code)) return false;
  const todo = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node.code !== root.code || node.mixed) return false;
    for (const child of node.children) if (isFailed(child)) todo.push(child);
  }
  return true;
}

/** Every node beneath and including `root`, parents before children, siblings in order. Iterative: depth is the peer's choice. */
export function* nodesOf(root: TreeNode): Generator<TreeNode> {
  const todo = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    yield node;
    for (let i = node.children.length - 1; i >= 0; i--) todo.push(node.children[i] as TreeNode);
  }
}

/** The larger one of two numbers that may be unknown. */
export function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** Number of nodes of the tree; a collapsed node counts once. */
export function countNodes(root: TreeNode): number {
  let count = 0;
  for (const _ of nodesOf(root)) count++;
  return count;
}
