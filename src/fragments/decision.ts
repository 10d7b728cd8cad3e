// What is told of a fragment and whether it is exported: decided once, and again only where more came to light.
import type { FragmentSink } from "../pipeline-types.ts";
import type { TreeNode } from "../tree/tree.ts";
import type { DecisionFacts, Fragment, LiveSpan, SpanEntry } from "./fragment.ts";
import { type Before, type DecidedOutcome, outcomeOf, type Telling } from "./outcome.ts";
import { isSuspect } from "./read-span.ts";

/** Signs of a decision that nobody was told. */
export const UNTOLD = -1;

/** The fragment's decision as things stand: the one that it has, as long as there is nothing new. */
export function decisionOf(
  fragment: Fragment,
  sink: FragmentSink<LiveSpan>,
  telling: Telling,
): DecisionFacts {
  const before = fragment.decision;
  const signs = signsOf(fragment);
  if (before === undefined) {
    const outcome = outcomeOf(fragment, sink, undefined, telling);
    return { outcome, at: outcome.forced ? telling.now() : 0, late: false, signs };
  }
  if (before.signs === signs) return before;
  const outcome = outcomeOf(fragment, sink, leftBy(before, fragment), telling);
  const exportedNow = outcome.forced && !before.outcome.forced;
  const failedNow = outcome.verdict === "failed" && before.outcome.verdict !== "failed";
  return {
    outcome,
    at: exportedNow ? telling.now() : before.at,
    late: before.late || (before.signs !== UNTOLD && (exportedNow || failedNow)),
    signs,
  };
}

/** True where what is told says that the request itself failed. */
export function tellsFailure({ outcome }: DecisionFacts): boolean {
  return outcome.code !== "ok";
}

/** Number of all signs of failure, of live spans too; as long as it stays the same there is nothing new. */
function signsOf({ suspects, lost, status, entries }: Fragment): number {
  let signs = suspects + lost + (status >= 400 ? 1 : 0);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as SpanEntry;
    if (entry.end === Number.POSITIVE_INFINITY && !entry.suspect && isSuspect(entry.span)) signs++;
  }
  return signs;
}

/**
 * What a decision leaves to a later one about the export: a promise is kept, and what has failed before is not put to the
 * sink a second time, unless a callee's export asks for it.
 */
function leftBy({ outcome }: DecisionFacts, { exportedBeneath }: Fragment): Before {
  const { forced, represents, verdict } = outcome;
  const failed = verdict === "failed";
  if (forced || represents !== undefined) {
    return {
      failed,
      decision: { exported: forced, ...(represents === undefined ? undefined : { represents }) },
    };
  }
  return failed && !exportedBeneath ? { failed, decision: { exported: false } } : { failed };
}

/** True where both tell the same failures. What is only told better, as a message or a route, is nothing new. */
export function tellSame(one: DecidedOutcome, other: DecidedOutcome): boolean {
  if (one.code !== other.code || one.exported !== other.exported) return false;
  if (one.tree === undefined || other.tree === undefined) return one.tree === other.tree;
  const { raw } = one.tree;
  return raw.omitted === other.tree.raw.omitted && sameFailures(raw.root, other.tree.raw.root);
}

/** Iterative: how deep a tree is, its peers choose. */
function sameFailures(one: TreeNode, other: TreeNode): boolean {
  const ones = [one];
  const others = [other];
  for (let a = ones.pop(), b = others.pop(); a !== undefined && b !== undefined; ) {
    if (a.service !== b.service || a.code !== b.code || a.errorType !== b.errorType) return false;
    if (a.peer !== b.peer || a.count !== b.count || a.children.length !== b.children.length) return false;
    for (const child of a.children) ones.push(child);
    for (const child of b.children) others.push(child);
    a = ones.pop();
    b = others.pop();
  }
  return true;
}
