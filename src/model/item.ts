// A node on its way into the tree: ordered, marked as survived and collapsed among its siblings.
import { collapsed } from "./collapse.ts";
import { movedOutline } from "./outline.ts";
import type { Shapes } from "./shape.ts";
import type { TreeNode } from "./tree.ts";

/** A node with the times that decide its place; what stands beneath it is put in order by {@link seal}. */
export interface Item {
  node: TreeNode;
  /** The node is whole, children included. */
  sealed: boolean;
  /** A failed inner span, which folds into a failed span of its service above it. */
  readonly inner: boolean;
  /** A call that the caller itself cancelled. */
  givenUp: boolean;
  items: Item[];
  /** Latest start of a span beneath, on this node's clock. */
  readonly latestStart: number;
  /** Times on the clock of the node above; on another host's where `foreign`. */
  start: number;
  end: number;
  foreign: boolean;
  /** When it really began, in milliseconds since the epoch, on its own clock; absent where that is not known. */
  readonly began: number | undefined;
  /** The same on the clock of the node above: where another service's, when the call of it began. */
  calledAt: number | undefined;
  /** Order among the attempts beneath one client span. */
  attempt: number;
  /** Index among its siblings, where the span was written from a node that had one. */
  readonly place: number | undefined;
  readonly spanId: string;
}

/** Completes an item and all beneath it: order, `survived`, `count`. Iterative, children before parents. */
export function seal(root: Item, shapes: Shapes): TreeNode {
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    const item = order[i] as Item;
    if (!item.sealed) for (const child of item.items) order.push(child);
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i] as Item;
    if (item.sealed) continue;
    const siblings = item.items.sort(byFailure).map((child) => placed(child, item, shapes));
    item.node = { ...item.node, children: collapsed(siblings, shapes) };
    item.sealed = true;
  }
  return root.node;
}

/** The node as a child of its parent's node: where it stands is no part of its shape. */
function placed(item: Item, parent: Item, shapes: Shapes): TreeNode {
  const { outline } = item.node;
  const isSurvived = survived(item, parent);
  if (outline === undefined && !isSurvived) return item.node;
  const node = {
    ...item.node,
    ...(outline === undefined ? undefined : { outline: movedOutline(outline, item.calledAt, parent.began) }),
    ...(isSurvived ? { survived: true as const } : undefined),
  };
  shapes.copied(node, item.node);
  return node;
}

/** Ends, then starts, on the parent's clock; attempts of one call by their starts; the span id decides what is left. */
function byFailure(a: Item, b: Item): number {
  if (a.place !== undefined && b.place !== undefined && a.place !== b.place) return a.place - b.place;
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (a.attempt !== b.attempt) return a.attempt < b.attempt ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}

/** A failed child of a failed node, after whose failure another span began beneath the node. */
function survived(item: Item, parent: Item): boolean {
  if (item.foreign || parent.node.code === "ok" || item.node.code === "ok") return false;
  return item.end < parent.latestStart;
}
