// Declares what was decided about the export of a request, and compares two decisions.
import type { TreeNode } from "../tree/tree.ts";
import type { RequestResult } from "./result.ts";

/** What was decided about the export of a request, and the result that is reported. Revision -1: it was not reported. */
export interface ExportDecision extends RequestResult {
  /** The fragment's own spans are exported although the head sampler said no. */
  readonly forced: boolean;
  /** The export side chose the fragment: its spans reach the backend, by force or because the head sampler took them. */
  readonly isChosen: boolean;
  /** Spans of this request, here or beneath, are exported although the head sampler said no. */
  readonly exported: boolean;
  /** How many failed trees its local root stands for, if it is written and counts any. */
  readonly represents: number | undefined;
  /** When the export was decided, in milliseconds since the epoch; 0 if nothing is exported by force. */
  readonly at: number;
  /** The request failed, or its export was decided, only after another result had been reported. */
  readonly late: boolean;
}

/** True if both report the same failures. A message or a route that has become better does not count. */
export function reportSame(one: ExportDecision, other: ExportDecision): boolean {
  if (one.code !== other.code || one.exported !== other.exported) return false;
  if (one.tree === undefined || other.tree === undefined) return one.tree === other.tree;
  const { raw } = one.tree;
  return raw.omitted === other.tree.raw.omitted && sameFailures(raw.root, other.tree.raw.root);
}

/** Iterative: peers choose how deep a tree is. */
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
