// Joins several views of one trace: the caller's and the callee's view of a timeout, or trees of several files.

import { identityOf } from "./shape.ts";
import { joinStubs } from "./span-stub.ts";
import { causeChildOf, type ErrorTree, isFailed, larger, type TreeNode } from "./tree.ts";

/** A node while views are laid over each other. */
interface Merged {
  node: TreeNode;
  readonly children: Map<string, Merged>;
  /** The children's keys in the order of the views, and the way: absent before the first view, `"differs"` if views differ. */
  order?: string;
  /** Where the way to the cause leads; if views differ, the first by {@link wayOf}. */
  way?: string | undefined;
}

const DIFFERS = "differs";
/** The way of a node that is the cause itself, although something failed beneath. It comes before all others. */
const ENDS_HERE = "";

/** A tree whose place in another is not known, or not yet. */
interface Piece {
  readonly tree: ErrorTree;
  readonly merged: Merged;
}

/**
 * Joins views of one trace. Trees of one trace with an equal root, seen beneath the same span, become one; a tree whose
 * `parentSpanId` is the span of a node in another is hung beneath that node; what has no known place stands in `apart`.
 * Counts and `omitted` are the larger ones (two views may have lost the same nodes), marks add up. If the views of a
 * node have different children, these stand in the order of their identities: clocks of two hosts are never compared. The
 * way to the cause stays the one that the views show; it is marked then. A node keeps a stub only if all views of it have one
 * (of several the earliest, then the shortest): if one has none the span may be in a backend, and a span that is missing there
 * does less harm than one that is there twice.
 *
 * Commutative, associative and idempotent, provided that equal nodes of the views have equal span ids.
 */
export function joinTrees(a: ErrorTree, b: ErrorTree): ErrorTree {
  const pieces = new Map<string, Piece>();
  for (const tree of [a, ...(a.apart ?? []), b, ...(b.apart ?? [])]) {
    const key = JSON.stringify([tree.traceId, tree.parentSpanId ?? "", identityOf(tree.root)]);
    const twin = pieces.get(key);
    const merged = overlay(twin?.merged, tree.root);
    const omitted = Math.max(tree.omitted, twin?.tree.omitted ?? 0);
    pieces.set(key, { merged, tree: { ...tree, omitted } });
  }
  hangPieces(pieces);
  const [first, ...apart] = [...pieces]
    .sort(([x, { tree: tx }], [y, { tree: ty }]) => {
      const rootFirst = Number(tx.parentSpanId !== undefined) - Number(ty.parentSpanId !== undefined);
      return rootFirst || (x < y ? -1 : 1);
    })
    .map(([, { tree, merged }]): ErrorTree => {
      const { apart: _, ...rest } = tree;
      return { ...rest, root: finish(merged) };
    });
  return { ...(first as ErrorTree), ...(apart.length === 0 ? undefined : { apart }) };
}

/** Hangs every piece whose parent span is a node of another piece beneath that node. */
function hangPieces(pieces: Map<string, Piece>): void {
  for (let hung = true; hung; ) {
    hung = false;
    // No copy of the map: a piece that was hung beneath this one in the same round may have made its `omitted` larger.
    for (const [key, { tree, merged }] of pieces) {
      if (tree.parentSpanId === undefined) continue;
      const [outerKey, place] = placeOf(tree, key, pieces) ?? [];
      if (outerKey === undefined || place === undefined) continue;
      const child = finish(merged);
      overlay(place, { ...place.node, children: [child] });
      pieces.delete(key);
      const outer = pieces.get(outerKey) as Piece;
      const omitted = Math.max(outer.tree.omitted, tree.omitted);
      pieces.set(outerKey, { merged: outer.merged, tree: { ...outer.tree, omitted } });
      hung = true;
    }
  }
}

/** The node, in another piece of the trace, beneath whose span the tree hangs. */
function placeOf(tree: ErrorTree, key: string, pieces: Map<string, Piece>): [string, Merged] | undefined {
  for (const [otherKey, other] of pieces) {
    if (otherKey === key || other.tree.traceId !== tree.traceId) continue;
    const todo = [other.merged];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (next.node.spanId === tree.parentSpanId) return [otherKey, next];
      for (const child of next.children.values()) todo.push(child);
    }
  }
  return undefined;
}

/** Lays a subtree over what is there. Equal siblings of one view are distinguished by their number. */
function overlay(target: Merged | undefined, root: TreeNode): Merged {
  const top = target ?? newMerged(root);
  const todo: { into: Merged; node: TreeNode }[] = [{ into: top, node: root }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { into, node } = next;
    into.node = joinFields(into.node, node);
    const seen = new Map<string, number>();
    const keys: string[] = [];
    for (const child of node.children) {
      const identity = identityOf(child);
      const nth = seen.get(identity) ?? 0;
      seen.set(identity, nth + 1);
      const key = `${identity}#${nth}`;
      keys.push(key);
      const known = into.children.get(key) ?? newMerged(child);
      into.children.set(key, known);
      todo.push({ into: known, node: child });
    }
    const way = wayOf(node, keys);
    // A view without children says nothing of their order.
    if (way === undefined && keys.length === 0) continue;
    const order = [...keys, way].join("\n");
    into.order = into.order === undefined || into.order === order ? order : DIFFERS;
    into.way = smaller(into.way, way);
  }
  return top;
}

/** Where a view says that the way to the cause leads; to what failed rather than to what did not. */
function wayOf(node: TreeNode, keys: readonly string[]): string | undefined {
  const child = causeChildOf(node);
  if (child !== undefined) return wayTo(child, keys[node.children.indexOf(child)] as string);
  return node.own || node.children.some(isFailed) ? ENDS_HERE : undefined;
}

function wayTo(child: TreeNode, key: string): string {
  return `${isFailed(child) ? 0 : 1}${key}`;
}

function newMerged(node: TreeNode): Merged {
  return { node: { ...node, children: [] }, children: new Map() };
}

/** Fields of two views of one node; the children are joined elsewhere. */
function joinFields(a: TreeNode, b: TreeNode): TreeNode {
  const spanId = smaller(a.spanId, b.spanId);
  const frames = largerList(a.frames, b.frames);
  const causes = largerList(a.causes, b.causes);
  const stub = joinStubs(a.stub, b.stub);
  const attempt = larger(a.attempt, b.attempt);
  const pendingMs = larger(a.pendingMs, b.pendingMs);
  const { stub: _, ...rest } = a;
  return {
    ...rest,
    count: Math.max(a.count, b.count),
    ...(spanId === undefined ? undefined : { spanId }),
    ...(frames === undefined ? undefined : { frames }),
    ...(causes === undefined ? undefined : { causes }),
    ...(stub === undefined ? undefined : { stub }),
    ...(a.survived || b.survived ? { survived: true as const } : undefined),
    ...(a.exported || b.exported ? { exported: true as const } : undefined),
    ...(a.mixed || b.mixed ? { mixed: true as const } : undefined),
    ...(a.own || b.own ? { own: true as const } : undefined),
    ...(a.unsure || b.unsure ? { unsure: true as const } : undefined),
    ...(a.way || b.way ? { way: true as const } : undefined),
    ...(attempt === undefined ? undefined : { attempt }),
    ...(pendingMs === undefined ? undefined : { pendingMs }),
    children: [],
  };
}

function largerList(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  return (a?.join("\n") ?? "") >= (b?.join("\n") ?? "") ? a : b;
}

function smaller(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

/** The merged nodes as a tree. Iterative, children before parents. */
function finish(root: Merged): TreeNode {
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    for (const child of (order[i] as Merged).children.values()) order.push(child);
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const merged = order[i] as Merged;
    const children =
      merged.order === DIFFERS ? inOneOrder(merged) : [...merged.children.values()].map(nodeOf);
    const own = merged.order === DIFFERS && merged.way === ENDS_HERE;
    merged.node = { ...merged.node, ...(own ? { own } : undefined), children };
  }
  return root.node;
}

/** The children in the order of their identities: no other mark may lead the way than one on the child to which it leads. */
function inOneOrder({ children, way: wayOfAll }: Merged): TreeNode[] {
  return [...children]
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([key, { node }]) => {
      const { way: _, ...rest } = node;
      return wayTo(node, key) === wayOfAll ? { ...rest, way: true } : rest;
    });
}

function nodeOf({ node }: Merged): TreeNode {
  return node;
}
