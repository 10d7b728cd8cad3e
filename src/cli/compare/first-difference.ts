// Finds the first place at which two traces differ: a call that is missing, a call that is new, or another code.
import { outcomeOf } from "../../tree/format.ts";
import type { Work } from "../../tree/link.ts";
import { redactText } from "../../tree/redact-node.ts";
import type { TreeNode } from "../../tree/tree.ts";
import type { ComparedNode } from "./compared-tree.ts";

/** A node on the way through both traces. */
interface Place {
  readonly compared: ComparedNode;
  readonly above: TreeNode | undefined;
  /** Its calls have been compared: now it is its turn. */
  readonly isOver: boolean;
}

/**
 * The difference in words; `undefined` if there is none, or if the other trace does not have the operation at all. Calls of one
 * operation are looked at in their order, and what an operation called before what it returned. Iterative: depth is the peers'
 * choice.
 */
export function firstDifference(root: ComparedNode): string | undefined {
  if (root.others.length === 0) return undefined;
  const todo: Place[] = [{ compared: root, above: undefined, isOver: false }];
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    const { compared, above, isOver } = place;
    const { node, others } = compared;
    if (node === undefined)
      return `${callerOf(above)} does not call ${nameOf(others[0])}; in the other trace it does`;
    if (node.pending || compared.isQuiet) continue;
    if (others.length === 0)
      return `${callerOf(above)} calls ${nameOfNode(node)}; in the other trace it does not`;
    if (isOver) {
      const there = codeOf((others.at(-1) as Work).record);
      const here = node.code === "ok" ? "ok" : outcomeOf(node);
      if (here !== there) return `${nameOfNode(node)} returned ${here}; in the other trace ${there}`;
      continue;
    }
    todo.push({ ...place, isOver: true });
    for (const child of inOrder(compared).reverse()) {
      todo.push({ compared: child, above: node, isOver: false });
    }
  }
  return undefined;
}

/** A code that is not known says nothing. */
export function codeOf({ failed, code = "unknown" }: Work["record"]): string {
  if (!failed) return "ok";
  return code === "unknown" ? "failed" : code;
}

/** The calls beneath a node in their order; one of the other trace alone stands before what came after it there. */
function inOrder({ children }: ComparedNode): ComparedNode[] {
  const here = children.filter(({ node }) => node !== undefined);
  const placed = children.map((child) => ({ child, place: placeOf(child, here) }));
  return placed
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .map(({ child }) => child);
}

function placeOf(child: ComparedNode, here: readonly ComparedNode[]): number {
  if (child.node !== undefined) return here.indexOf(child);
  const start = startOf(child);
  const next = here.findIndex((other) => startOf(other) > start);
  return next < 0 ? here.length : next - 0.5;
}

/** When it began in the other trace; a call that is not there precedes nothing. */
function startOf({ others: [first] }: ComparedNode): number {
  return first?.record.start ?? Number.NEGATIVE_INFINITY;
}

function callerOf(node: TreeNode | undefined): string {
  return node === undefined ? "" : node.service;
}

function nameOfNode({ service, operation, peer }: TreeNode): string {
  return `${service} ${operation}${peer === undefined ? "" : ` -> ${peer}`}`;
}

function nameOf(work: Work | undefined): string {
  if (work === undefined) return "";
  const { service, operation, peer } = work.record;
  const to = work.entry || peer === undefined ? "" : ` -> ${redactText(peer)}`;
  return `${service} ${redactText(operation)}${to}`;
}
