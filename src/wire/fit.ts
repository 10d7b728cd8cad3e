// Shrinks a tree until its encoded form fits: text first, then subtrees off the cause, then the middle of the cause path.
import { causeChildOf, type ErrorTree, isFailed, type TreeNode, verdictOf } from "../tree/tree.ts";
import type { Draft } from "./draft.ts";
import { cutText } from "./limits.ts";
import { type RemovalOrder, removalOrder } from "./removal-order.ts";

/** How much the nodes keep beside what they are; messages in UTF-16 units. */
interface Detail {
  readonly frames: boolean;
  readonly causes: boolean;
  /** Times of span stubs, and of pending calls: without them such a span is written with the start of the span above it. */
  readonly times: boolean;
  readonly messageChars: number;
  readonly causeMessageChars: number;
}

/** In the order in which it goes: the first is everything. */
const DETAILS: readonly Detail[] = [
  { frames: true, causes: true, times: true, messageChars: Infinity, causeMessageChars: Infinity },
  { frames: false, causes: true, times: true, messageChars: Infinity, causeMessageChars: Infinity },
  { frames: false, causes: true, times: false, messageChars: Infinity, causeMessageChars: Infinity },
  { frames: false, causes: false, times: false, messageChars: Infinity, causeMessageChars: Infinity },
  { frames: false, causes: false, times: false, messageChars: 96, causeMessageChars: 96 },
  { frames: false, causes: false, times: false, messageChars: 32, causeMessageChars: 96 },
  { frames: false, causes: false, times: false, messageChars: 0, causeMessageChars: 96 },
];
/** With so much text nodes begin to go: 32 characters about the cause are worth more than one more sibling. */
const TERSE: Detail = { frames: false, causes: false, times: false, messageChars: 0, causeMessageChars: 32 };
/** Used only if root and cause have no room otherwise. */
const BARE: Detail = { frames: false, causes: false, times: false, messageChars: 0, causeMessageChars: 0 };

/**
 * The largest tree that `fits`, a question that the wire format answers; `undefined` if not even the root and the
 * first root cause do.
 *
 * Order: frames; times of spans; causes of errors; messages (to 96 characters, to 32, all but the root cause's, that one to 32); handled subtrees; siblings
 * off the cause, those that equal a kept one but for the message first, then the farthest from the cause; the middle of
 * the cause path, and the node beneath the gap has their number as `hops`; the root cause's message. As few nodes go as need be,
 * and text comes back if they made room for it.
 *
 * Always kept: the root, the first root cause, an exact `omitted`, what was exported (the mark moves to the nearest kept
 * node above), the origin of every kept failure, and the verdict (by `mixed` on the root). A root cause stays
 * unambiguous while one sibling that shows it has room; across a gap in the path ambiguity is what the kept nodes say.
 */
export function pruneTree(tree: ErrorTree, fits: (tree: ErrorTree) => boolean): ErrorTree | undefined {
  if (fits(tree)) return tree;
  const order = removalOrder(tree.root);
  const failed = verdictOf(tree.root) === "failed";
  const fewest = (detail: Detail): Shrunk | undefined => fewestRemovals(tree, order, failed, detail, fits);
  const shrunk = fewest(TERSE) ?? fewest(BARE);
  if (shrunk === undefined) return undefined;
  // Upwards: after nodes had to go there is hardly ever room for more than one step.
  let best = shrunk.tree;
  for (let i = DETAILS.length - 1; i >= (shrunk.removals === 0 ? 1 : 0); i--) {
    const candidate = withoutSome(tree, order, failed, shrunk.removals, DETAILS[i] as Detail);
    if (!fits(candidate)) break;
    best = candidate;
  }
  return best;
}

/** So many nodes fit into a kilobyte nearly always. */
const FIRST_STRIDE = 16;

/** A tree that fits, and how many steps of the order it took. */
interface Shrunk {
  readonly tree: ErrorTree;
  readonly removals: number;
}

/**
 * Size falls with every removal. Few nodes ever fit, so the search starts from them and doubles its stride until too many
 * are kept, then halves: its cost follows what is kept, not the tree, and 10,000 siblings take some eight trials.
 */
function fewestRemovals(
  tree: ErrorTree,
  order: RemovalOrder,
  failed: boolean,
  detail: Detail,
  fits: (tree: ErrorTree) => boolean,
): Shrunk | undefined {
  let low = 0;
  let high = order.subtrees + Math.max(0, order.pathLength - 2);
  let found = withoutSome(tree, order, failed, high, detail);
  if (!fits(found)) return undefined;
  for (let stride = FIRST_STRIDE, doubling = true; low < high; ) {
    const removals = doubling ? Math.max(low, high - stride) : (low + high) >>> 1;
    const candidate = withoutSome(tree, order, failed, removals, detail);
    if (fits(candidate)) {
      high = removals;
      found = candidate;
      stride *= 2;
    } else {
      low = removals + 1;
      doubling = false;
    }
  }
  return { tree: found, removals: high };
}

/** The tree after `removals` steps of the order: first subtrees, then nodes from the middle of the cause path outwards. */
function withoutSome(
  tree: ErrorTree,
  order: RemovalOrder,
  failed: boolean,
  removals: number,
  detail: Detail,
): ErrorTree {
  const { nodes, parents, ends, deviations, stops, ranks, pathLength } = order;
  const gap = Math.max(0, removals - order.subtrees);
  const gapStart = 1 + ((pathLength - 2 - gap) >> 1);
  const drafts: Draft[] = new Array(nodes.length);
  const path: Draft[] = [];
  let kept = 0;
  let hops = 0;
  let survived: true | undefined;
  let shiftMs: number | undefined = 0;
  let depth = -1;
  for (let i = 0; i < nodes.length; ) {
    const node = nodes[i] as TreeNode;
    const parent = drafts[parents[i] as number];
    if ((ranks[i] as number) < removals) {
      if (parent !== undefined && anyExported(nodes, i, ends[i] as number)) parent.exported = true;
      // Its failures were not what stopped it: that stands also without them.
      if (parent !== undefined && isFailed(node) && stops[parents[i] as number] === 1) parent.own = true;
      i = ends[i] as number;
      continue;
    }
    const onPath = deviations[i] === 0;
    if (onPath) depth++;
    if (onPath && parent !== undefined && depth >= gapStart && depth < gapStart + gap) {
      if (depth === gapStart) survived = node.survived;
      if (node.exported) parent.exported = true;
      if (node.unsure) parent.unsure = true;
      shiftMs = sumOf(shiftMs, node.stub?.startMs);
      hops += 1 + (node.hops ?? 0);
      drafts[i] = parent;
      i++;
      continue;
    }
    const draft = shortened(
      node,
      onPath && depth === pathLength - 1 ? detail.causeMessageChars : detail.messageChars,
      detail,
    );
    if (hops > 0 && onPath && depth === gapStart + gap) closeGap(draft, hops, survived, shiftMs);
    drafts[i] = draft;
    if (onPath) path.push(draft);
    parent?.children.push(draft);
    kept++;
    i++;
  }
  const root = drafts[0] as Draft;
  markWay(path);
  if (failed && verdictOf(root) === "rejected") root.mixed = true;
  return { ...tree, root, omitted: tree.omitted + nodes.length - kept };
}

/** Marks the nodes of the way to the cause that a reader of what is left would not take. */
function markWay(path: readonly Draft[]): void {
  for (let i = 1; i < path.length; i++) {
    const node = path[i] as Draft;
    if (causeChildOf(path[i - 1] as Draft) !== node) node.way = true;
  }
}

/**
 * The node beneath a gap takes the place of the topmost node of the gap among its new parent's failures. When its span
 * began after that parent's is what the starts in the gap add up to, or not known.
 */
function closeGap(draft: Draft, hops: number, survived: true | undefined, shiftMs: number | undefined): void {
  draft.hops = hops + (draft.hops ?? 0);
  if (survived) draft.survived = true;
  else delete draft.survived;
  if (draft.stub === undefined) return;
  const { kind, durationMs } = draft.stub;
  const startMs = sumOf(shiftMs, draft.stub.startMs);
  draft.stub = startMs === undefined || durationMs === undefined ? { kind } : { kind, startMs, durationMs };
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function anyExported(nodes: readonly TreeNode[], start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (nodes[i]?.exported) return true;
  return false;
}

function shortened(node: TreeNode, messageChars: number, detail: Detail): Draft {
  const { message, frames, causes, stub, pendingMs, children: _, ...rest } = node;
  const draft: Draft = { ...rest, children: [] };
  if (pendingMs !== undefined && detail.times) draft.pendingMs = pendingMs;
  if (stub !== undefined) draft.stub = detail.times ? stub : { kind: stub.kind };
  if (message !== undefined && messageChars > 0) draft.message = cutText(message, messageChars);
  if (frames !== undefined && detail.frames) draft.frames = frames;
  if (causes !== undefined && detail.causes) draft.causes = causes;
  return draft;
}
