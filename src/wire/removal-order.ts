// Decides in which order the subtrees of a tree may go, so that its first root cause and every origin outlive them.
import { causeChildOf, isFailed, type TreeNode } from "../tree/tree.ts";

/** Rank of a node that is never removed. */
const KEPT = 0x7fffffff;

const HANDLED = 0;
const TWIN = 1;
const SIBLING = 2;

/** A tree laid out in preorder, index 0 its root, and the order in which its off-cause subtrees go. */
export interface RemovalOrder {
  readonly nodes: readonly TreeNode[];
  /** Index of each node's parent; -1 for the root. */
  readonly parents: Int32Array;
  /** Index behind the last node of each node's subtree. */
  readonly ends: Int32Array;
  /** Steps from the root down to each node that do not lead to the cause of the node above; 0 on the cause path. */
  readonly deviations: Int32Array;
  /** 1 for a node that is its own cause although something failed beneath it. */
  readonly stops: Uint8Array;
  /** A node is gone once so many subtrees were removed that its rank is less. */
  readonly ranks: Int32Array;
  /** How many subtrees can be removed; then the cause path alone is left. */
  readonly subtrees: number;
  /** Nodes on the cause path, the root and the first root cause included. */
  readonly pathLength: number;
}

/**
 * Lays a tree out and orders its subtrees: what was handled (not reached from the root through failed nodes, and not on
 * the cause path), then those that equal a sibling but for the message, then the rest; each by deviation, the highest
 * first, then from the right. A node's own cause is never removed before the node, so no failure becomes its own cause.
 */
export function removalOrder(root: TreeNode): RemovalOrder {
  const { nodes, parents, deviations, stops } = layOut(root);
  const ends = subtreeEnds(parents);
  const phases = phasesOf(nodes, parents, ends, deviations);
  const starts: number[] = [];
  for (let i = 1; i < nodes.length; i++) if (phases[i] !== KEPT) starts.push(i);
  starts.sort((a, b) => at(phases, a) - at(phases, b) || at(deviations, b) - at(deviations, a) || b - a);
  const ranks = new Int32Array(nodes.length).fill(KEPT);
  for (let rank = 0; rank < starts.length; rank++) ranks[starts[rank] as number] = rank;
  let pathLength = 1;
  for (let i = 1; i < nodes.length; i++) {
    ranks[i] = Math.min(at(ranks, i), at(ranks, at(parents, i)));
    if (deviations[i] === 0) pathLength++;
  }
  return { nodes, parents, ends, deviations, stops, ranks, subtrees: starts.length, pathLength };
}

function at(values: Int32Array, index: number): number {
  return values[index] as number;
}

/** A node that waits for its place in the preorder. */
interface Waiting {
  readonly node: TreeNode;
  readonly parent: number;
  readonly deviation: number;
}

function layOut(root: TreeNode): Pick<RemovalOrder, "nodes" | "parents" | "deviations" | "stops"> {
  const nodes: TreeNode[] = [];
  const parents: number[] = [];
  const deviations: number[] = [];
  const stops: number[] = [];
  const todo: Waiting[] = [{ node: root, parent: -1, deviation: 0 }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, parent, deviation } = next;
    const index = nodes.push(node) - 1;
    parents.push(parent);
    deviations.push(deviation);
    const { children } = node;
    const cause = causeChildOf(node);
    stops.push(cause === undefined && children.some(isFailed) ? 1 : 0);
    // By index: the same object may stand in a list more than once.
    const causeIndex = cause === undefined ? -1 : children.indexOf(cause);
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i] as TreeNode;
      todo.push({ node: child, parent: index, deviation: i === causeIndex ? deviation : deviation + 1 });
    }
  }
  return {
    nodes,
    parents: Int32Array.from(parents),
    deviations: Int32Array.from(deviations),
    stops: Uint8Array.from(stops),
  };
}

function subtreeEnds(parents: Int32Array): Int32Array {
  const ends = new Int32Array(parents.length);
  for (let i = parents.length - 1; i >= 0; i--) {
    ends[i] = Math.max(at(ends, i), i + 1);
    if (i > 0) ends[at(parents, i)] = Math.max(at(ends, at(parents, i)), at(ends, i));
  }
  return ends;
}

/** The phase in which the subtree of each node goes; `KEPT` for nodes that only go with the subtree around them. */
function phasesOf(
  nodes: readonly TreeNode[],
  parents: Int32Array,
  ends: Int32Array,
  deviations: Int32Array,
): Int32Array {
  const count = nodes.length;
  const phases = new Int32Array(count).fill(KEPT);
  const reached = new Uint8Array(count);
  reached[0] = 1;
  for (let i = 1; i < count; i++) {
    const parent = at(parents, i);
    if (reached[parent] === 0) continue;
    if (deviations[i] === 0 || isFailed(nodes[i] as TreeNode)) reached[i] = 1;
    if (reached[i] === 0) phases[i] = HANDLED;
    else if (deviations[i] !== deviations[parent]) phases[i] = SIBLING;
  }
  const shapes = shapesOf(nodes, ends);
  for (let i = 0; i < count; i++) {
    const list = childrenOf(i, ends);
    if (list.length < 2) continue;
    const cause = list.find((child) => deviations[child] === deviations[i]);
    const seen = new Set<number>();
    if (cause !== undefined) seen.add(at(shapes, cause));
    for (const child of list) {
      if (child === cause || phases[child] !== SIBLING) continue;
      if (seen.has(at(shapes, child))) phases[child] = TWIN;
      seen.add(at(shapes, child));
    }
  }
  return phases;
}

function childrenOf(index: number, ends: Int32Array): number[] {
  const children: number[] = [];
  for (let child = index + 1; child < at(ends, index); child = at(ends, child)) children.push(child);
  return children;
}

/** A number per subtree; subtrees that are equal but for messages and marks have the same one. */
function shapesOf(nodes: readonly TreeNode[], ends: Int32Array): Int32Array {
  const shapes = new Int32Array(nodes.length);
  const known = new Map<string, number>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as TreeNode;
    let key = `${node.service}\0${node.operation}\0${node.at ?? ""}\0${node.peer ?? ""}\0${node.code}\0${node.errorType ?? ""}`;
    for (let child = i + 1; child < at(ends, i); child = at(ends, child)) key += `\0${shapes[child]}`;
    const shape = known.get(key) ?? known.size;
    known.set(key, shape);
    shapes[i] = shape;
  }
  return shapes;
}
