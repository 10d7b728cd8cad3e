// Says in sentences why a tree's root cause is this one, and what else it may be.

import { isFault, isRejection } from "../spans/code.ts";
import type { Because, Why } from "./because.ts";
import { causeChildOf, isFailed, nodesOf, type RootCause, type TreeNode } from "./tree.ts";

/** The principle by which something was decided. */
type Principle = "time" | "report" | "going on" | "choice" | "sureness";

/** A decision about a node, as a sentence. */
interface Reason {
  readonly principle: Principle;
  readonly text: string;
}

/** Why a failure was judged so among those beneath the node above it. */
function reasonOf({ because }: TreeNode, above: TreeNode): Reason | undefined {
  return because === undefined ? undefined : inWords(because, above.service);
}

/** Why the way to the root cause ends at a node above other failures. */
function reasonOfEnd({ ownBecause, service }: TreeNode): Reason | undefined {
  return ownBecause === undefined ? undefined : inWords(ownBecause, service);
}

function inWords({ why, detail = "" }: Because, who: string): Reason {
  return { principle: PRINCIPLES[why], text: SENTENCES[why](who, detail === "" ? "" : ` ${detail}`) };
}

const PRINCIPLES: Readonly<Record<Why, Principle>> = {
  "named-by-step": "report",
  "named-by-text": "report",
  "named-by-type": "report",
  "named-by-network": "report",
  "named-by-json": "report",
  "named-by-address": "report",
  "named-by-status": "report",
  "named-by-code": "report",
  "another-named": "report",
  only: "choice",
  "first-fault": "choice",
  first: "choice",
  "last-attempt": "choice",
  last: "choice",
  late: "time",
  optional: "going on",
  undoing: "going on",
  "within-success": "going on",
  "went-on": "going on",
  retried: "going on",
  mistake: "choice",
  "ran-out-of-time": "choice",
  "nothing-stopped-it": "choice",
  "rejections-alone": "choice",
};

const SENTENCES: Readonly<Record<Why, (who: string, detail: string) => string>> = {
  "named-by-step": (who) => `its error was the first to leave a step of ${who}`,
  "named-by-text": (who) => `the error of ${who} has its text`,
  "named-by-type": (who, detail) => `the error of ${who} is of its type${detail}`,
  "named-by-network": (who) => `the error of ${who} says that a call got no answer`,
  "named-by-json": (who) => `the error of ${who} says that an answer was no JSON`,
  "named-by-address": (who, detail) => `the error of ${who} names${detail === "" ? " its address" : detail}`,
  "named-by-status": (who, detail) => `the error of ${who} names its status${detail}`,
  "named-by-code": (who, detail) => `${who} returned the same code${detail}`,
  "another-named": (who) => `the error of ${who} names another failure`,
  only: (who) => `nothing else is known to have stopped ${who}`,
  "first-fault": (who) => `it is the first fault that ${who} did not survive`,
  first: (who) => `it is the first failure that ${who} did not survive`,
  "last-attempt": () => "it is the last attempt within one call, which ended with its code",
  last: (who) => `it is the last failure before ${who} failed, which went on after it`,
  late: (who) => `${who} had reported its own failure before`,
  optional: (who) => `${who} says that it does without`,
  undoing: () => "it only took back what was done before",
  "within-success": () => "the call as a whole did not fail",
  "went-on": (who) => `${who} went on with other calls after it`,
  retried: () => "the same call succeeded later",
  mistake: () => "its error is a mistake of the program, which nothing beneath explains",
  "ran-out-of-time": () => "its time ran out, and what stands beneath was cancelled for that",
  "nothing-stopped-it": () => "nothing that failed beneath is what stopped it",
  "rejections-alone": () => "it went on after rejections, which a program may take for an answer",
};

/** The sentence that best explains why the way to the root cause leads there; `undefined` if there was no other way. */
export function wayInWords({ node, path }: RootCause): string | undefined {
  const end = reasonOfEnd(node);
  if (end !== undefined) return end.text;
  for (let i = path.length - 1; i > 0; i--) {
    const above = path[i - 1] as TreeNode;
    if (above.children.filter(isFailed).length < 2) continue;
    const reason = reasonOf(path[i] as TreeNode, above);
    if (reason !== undefined) return reason.text;
  }
  return undefined;
}

/** Of each node of a tree which principles decided about it, and how. Nodes about which nothing was decided have none. */
export function reasonsIn(root: TreeNode): Map<TreeNode, string[]> {
  const reasons = new Map<TreeNode, string[]>();
  for (const node of nodesOf(root)) {
    const end = reasonOfEnd(node);
    const own = reasons.get(node) ?? [];
    if (end !== undefined) own.push(`choice: the way ends here, for ${end.text}`);
    if (node.unsure) own.push("sureness: something else may have stopped it");
    if (own.length > 0) reasons.set(node, own);
    const way = causeChildOf(node);
    for (const child of node.children) {
      const reason = reasonOf(child, node);
      if (reason === undefined) continue;
      reasons.set(child, [`${reason.principle}: ${roleOf(child, node, way)}, for ${reason.text}`]);
    }
  }
  return reasons;
}

function roleOf(child: TreeNode, { service, unsure }: TreeNode, way: TreeNode | undefined): string {
  if (child === way) return unsure ? `the likeliest to have stopped ${service}` : `what stopped ${service}`;
  return child.survived ? `did not stop ${service}` : `may have stopped ${service}`;
}

/** What else may be the root cause, and why. */
export interface Alternative {
  readonly node: TreeNode;
  readonly why: string;
}

/** A longer list would not help a reader. */
const MOST_ALTERNATIVES = 8;

/** What else may be the root cause of a tree if it is ambiguous; the nearest to the root first. */
export function alternativesOf({ path, ambiguous }: RootCause): Alternative[] {
  const found: Alternative[] = [];
  if (!ambiguous) return found;
  for (const [i, node] of path.entries()) {
    if (!node.unsure) continue;
    for (const alternative of alternativesAt(node, path[i + 1])) {
      found.push(alternative);
      if (found.length === MOST_ALTERNATIVES) return found;
    }
  }
  return found;
}

/** One after the other: of 200,000 siblings only the first few are asked for. */
function* alternativesAt(node: TreeNode, way: TreeNode | undefined): Generator<Alternative> {
  for (const child of node.children) {
    if (child === way) continue;
    if (child.pending) yield { node: child, why: "was still running" };
    else if (!isFailed(child)) continue;
    else if (way === undefined) yield { node: child, why: "failed before" };
    else if (!child.survived && isFault(child.code)) yield { node: child, why: "also failed, in parallel" };
  }
  if (way === undefined || !isFault(node.code)) return;
  if (way.survived) yield { node, why: "by itself: it went on after what failed beneath" };
  else if (isRejection(way.code)) {
    yield { node, why: `by itself: a program may take ${way.code} for an answer` };
  }
}
