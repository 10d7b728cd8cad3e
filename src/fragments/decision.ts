// What was decided about the export of a request, and what of it holds when more comes to light.
import type { Code } from "../spans/code.ts";
import type { FragmentTree } from "../tree/redacted-tree.ts";
import type { TreeNode, Verdict } from "../tree/tree.ts";
import { type Fragment, UNREPORTED } from "./fragment.ts";
import { isSampled } from "./read-span.ts";
import type { RequestResult } from "./result.ts";

/** What was decided about the export of a request, with the result that it was decided on. */
export interface ExportDecision {
  /** Revision of the fragment that it was made for; -1 if nobody was told of it. */
  readonly revision: number;
  readonly verdict: Verdict;
  readonly code: Code;
  /** The tree as it is reported; present if anything failed, here or beneath. */
  readonly tree: FragmentTree | undefined;
  /** The fragment's own spans are exported by force. */
  readonly forced: boolean;
  /** Spans of this request, here or beneath, are exported although the head sampler said no. */
  readonly exported: boolean;
  /** How many failed trees its local root stands for, if it is written and counts any. */
  readonly represents: number | undefined;
  /** When the export was decided, in milliseconds since the epoch; 0 if nothing is exported by force. */
  readonly at: number;
  /** The failure, or the export of a callee, came to light after something else was reported. */
  readonly late: boolean;
}

/** What the export side answers: whether a fragment is exported, and for how many failed trees it stands. */
export interface Choice {
  readonly exported: boolean;
  readonly represents?: number;
}

/** The decision about a request of which nothing failed. */
const NOTHING: ExportDecision = {
  revision: 0,
  verdict: "ok",
  code: "ok",
  tree: undefined,
  forced: false,
  exported: false,
  represents: undefined,
  at: 0,
  late: false,
};

/**
 * What an earlier decision leaves no choice about: a promise is kept, and what has failed before is not put to the export
 * side a second time, unless a callee's export asks for it. `undefined` if the export side is to be asked.
 */
export function choiceKept(
  { decision: before, exportedBeneath }: Fragment,
  { revision, verdict }: RequestResult,
): Choice | undefined {
  if (revision === 0) return NOTHING_CHOSEN;
  if (before === undefined) return undefined;
  const hadFailed = before.verdict === "failed";
  if (!hadFailed && verdict === "failed") return undefined;
  if (before.forced || before.represents !== undefined) {
    return {
      exported: before.forced,
      ...(before.represents === undefined ? undefined : { represents: before.represents }),
    };
  }
  return hadFailed && !exportedBeneath ? NOTHING_CHOSEN : undefined;
}

const NOTHING_CHOSEN: Choice = { exported: false };

/** The decision that follows from a choice, after the one that the fragment has. */
export function decisionAfter(
  fragment: Fragment,
  { revision, verdict, code, tree }: RequestResult,
  { exported, represents }: Choice,
  now: () => number,
): ExportDecision {
  const { decision: before } = fragment;
  if (revision === 0 && before === undefined) return NOTHING;
  const forced = exported && hasUnsampled(fragment);
  const exportedNow = forced && !before?.forced;
  const failedNow = verdict === "failed" && before?.verdict !== "failed";
  const wasReported = before !== undefined && before.revision !== UNREPORTED;
  return {
    revision,
    verdict,
    code,
    // Who exports a fragment writes the spans of the nodes beneath it, too: its tree leaves the callers none to write.
    tree: forced ? tree?.asExported() : tree,
    forced,
    exported: revision !== 0 && (forced || fragment.exportedBeneath),
    represents,
    at: exportedNow ? now() : (before?.at ?? 0),
    late: (before?.late ?? false) || (wasReported && (exportedNow || failedNow)),
  };
}

/** True if both report the same failures. What is only said better, as a message or a route, is nothing new. */
export function reportSame(one: ExportDecision, other: ExportDecision): boolean {
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

/** Head-sampled spans go their normal way; one that was let go of has nothing left to export. */
function hasUnsampled({ phase, entries }: Fragment): boolean {
  return phase !== "spent" && entries.some((entry) => !isSampled(entry.span));
}
