// A node on its way into the tree: ordered, marked as it was judged, and collapsed among its siblings.

import type { Later } from "../spans/later.ts";
import type { Because } from "./because.ts";
import type { Evidence } from "./cause/evidence.ts";
import type { End } from "./cause/sureness.ts";
import { collapsed } from "./collapse.ts";
import type { Work } from "./link.ts";
import { identityOf, type Shapes } from "./shape.ts";
import type { SpanMarks } from "./span-marks.ts";
import { movedStub } from "./span-stub.ts";
import type { TreeNode } from "./tree.ts";

/** A node that is being filled in. */
export type NodeDraft = { -readonly [K in keyof TreeNode]: TreeNode[K] };

/** A node with the times that decide its place; what stands beneath it is put in order by {@link seal}. */
export interface Item {
  /** Of a span of this process it is its own until it is sealed. */
  node: TreeNode;
  /** The node is whole, children included. */
  sealed: boolean;
  /** A failed inner span, which folds into a failed span of its service above it. */
  readonly inner: boolean;
  /** A call that the caller itself cancelled. */
  cancelled: boolean;
  items: Item[];
  /**
   * The span that shows it on the clock of the node above: the call of it, or a step of the program. Absent if another
   * service's span stands directly beneath the node.
   */
  work: Work | undefined;
  /** Times on the clock of the node above; on another host's clock if `work` is absent. */
  start: number;
  end: number;
  /** When it began, in milliseconds since the epoch, on its own clock; absent if that is not known. */
  readonly began: number | undefined;
  /** The same on the clock of the node above: for a node of another service, when the call of it began. */
  calledAt: number | undefined;
  /** Place among the attempts beneath one client span. */
  attempt: number;
  /** Another attempt beneath that client span began when this one was over. */
  followed: boolean;
  /** Index among its siblings, if the span was synthesized from a node that had one. */
  readonly place: number | undefined;
  /** Id of its span; empty for the root of an answer. */
  readonly spanId: string;
  /** By what the error of its parent can name it. */
  evidence: Later<Evidence>;
  /** Where the way to the cause through it ends. */
  cause: Later<End>;
  /** A call of a data store. */
  readonly isDataStore: boolean;
  /** Its call itself did not fail: by its answer, or because the program set OK. */
  beneathSuccess: "answered" | "explicit" | undefined;
  survived: boolean;
  way: boolean;
  /** Why it was judged so among its siblings. */
  because: Because | undefined;
  /** Why the way to the cause ends here, if failures stand beneath. */
  ownBecause: Because | undefined;
  /** Id of the innermost span that became one node with this one. */
  innermost: string | undefined;
}

/** An item before anything was judged of it. */
export const UNJUDGED = {
  cancelled: false,
  attempt: 0,
  followed: false,
  beneathSuccess: undefined,
  survived: false,
  way: false,
  because: undefined,
  ownBecause: undefined,
  innermost: undefined,
} as const;

/** What is wanted beside the tree. */
export interface SealOptions {
  /** Takes what was judged of each span. */
  readonly marks?: SpanMarks;
  /** Nodes say why they were judged so. @default false */
  readonly explain?: boolean;
}

/** Completes an item and all beneath it: order, `survived`, `count`. Iterative, children before parents. */
export function seal(root: Item, shapes: Shapes, options: SealOptions = {}): TreeNode {
  const { marks, explain = false } = options;
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    const item = order[i] as Item;
    if (!item.sealed) for (const child of item.items) order.push(child);
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i] as Item;
    if (item.sealed) continue;
    marks?.note(item);
    const node: NodeDraft = item.node;
    if (explain && item.ownBecause !== undefined) node.ownBecause = item.ownBecause;
    const siblings = inOrder(item.items).map((child) => placed(child, item, shapes, explain));
    node.children = collapsed(node, siblings, shapes);
    item.sealed = true;
  }
  return root.node;
}

/** The node as a child of its parent's node: its place is no part of its shape. */
function placed(item: Item, parent: Item, shapes: Shapes, explain: boolean): TreeNode {
  const { stub } = item.node;
  const { survived, way } = item;
  const because = explain ? item.because : undefined;
  if (stub === undefined && !survived && !way && because === undefined) return item.node;
  // The node of an answer is kept for further trees.
  const isAnswer = item.spanId === "";
  const node: NodeDraft = isAnswer ? { ...item.node } : item.node;
  if (stub !== undefined) node.stub = movedStub(stub, item.calledAt, parent.began);
  if (survived) node.survived = true;
  if (way) node.way = true;
  if (because !== undefined) node.because = because;
  // Only siblings are compared.
  if (isAnswer && parent.items.length > 1) shapes.copied(node, item.node);
  return node;
}

/** The items in the order in which they failed, in place. */
export function inOrder(items: Item[]): Item[] {
  return items.sort(byFailure);
}

/** By starts; then by what they say of themselves. Equal ones stay in the order of their spans. */
export function byStart(a: Item, b: Item): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  return compareTexts(nameOf(a), nameOf(b));
}

/**
 * By ends, then by starts, on the parent's clock; attempts of one call by their starts; then by what they say of
 * themselves. Equal ones stay in the order of their spans, in which ids make no difference.
 */
function byFailure(a: Item, b: Item): number {
  if (a.place !== undefined && b.place !== undefined && a.place !== b.place) return a.place - b.place;
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (a.attempt !== b.attempt) return a.attempt < b.attempt ? -1 : 1;
  return compareTexts(nameOf(a), nameOf(b));
}

function nameOf({ node, evidence }: Item): string {
  return JSON.stringify([identityOf(node), evidence.value.texts, evidence.value.addresses]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
