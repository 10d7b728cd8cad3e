// Cuts a tree down to the way from its root to its first root cause, for callers that have no room for all of it.
import { causeChildOf, type ErrorTree, isFailed, rootCauseOf, type TreeNode, verdictOf } from "./tree.ts";

/** Nodes between two that are kept. */
interface Gap {
  hops: number;
  survived: true | undefined;
  /** What the starts in the gap add up to; absent if one of them is not known. */
  startMs: number | undefined;
  exported: boolean;
  unsure: boolean;
}

/**
 * The tree with nothing but its cause path; everything else is counted in `omitted`. A path of more than `mostNodes` (at
 * least 2) loses its middle, and the node beneath the gap has the number as its `hops`. The verdict stays, by `mixed` on the root, and
 * so does what was exported: the mark moves to the nearest kept node above. Iterative: depth is the peer's choice.
 */
export function cutToCause(tree: ErrorTree, mostNodes: number): ErrorTree {
  const { path } = rootCauseOf(tree.root);
  const most = Math.max(2, mostNodes);
  const gapStart = path.length <= most ? path.length : Math.ceil(most / 2);
  const gapEnd = path.length - Math.max(0, most - gapStart);
  const gap: Gap = { hops: 0, survived: undefined, startMs: 0, exported: false, unsure: false };
  let beneath: TreeNode | undefined;
  let left = 0;
  for (let i = path.length - 1; i >= 0; i--) {
    const node = path[i] as TreeNode;
    const beside = subtreesBeside(node, path[i + 1]);
    left += beside.nodes;
    if (i >= gapStart && i < gapEnd) {
      left++;
      widen(gap, node, beside.exported);
      continue;
    }
    if (beneath !== undefined && i === gapStart - 1 && gap.hops > 0) beneath = beneathGap(beneath, gap);
    const unsure = node.unsure || (i === gapStart - 1 && gap.unsure);
    // Failures beneath the cause were not what stopped it: that stands also without them.
    const own = node.own || (beneath === undefined && node.children.some(isFailed));
    const exported = node.exported || beside.exported || (i === gapStart - 1 && gap.exported);
    beneath = withWay(
      {
        ...node,
        ...(exported ? { exported: true as const } : undefined),
        ...(unsure ? { unsure: true as const } : undefined),
        ...(own ? { own: true as const } : undefined),
      },
      beneath,
    );
  }
  const root = withVerdictOf(tree.root, beneath as TreeNode);
  return { ...tree, root, omitted: tree.omitted + left };
}

/** The node above nothing but the way to its cause, which is marked if a reader would not take it. */
function withWay(node: TreeNode, beneath: TreeNode | undefined): TreeNode {
  const cut = { ...node, children: beneath === undefined ? [] : [beneath] };
  if (beneath === undefined || causeChildOf(cut) === beneath) return cut;
  return { ...node, children: [{ ...beneath, way: true }] };
}

/** How many nodes stand beneath a node beside its child on the path, and whether one of them was exported. */
function subtreesBeside(node: TreeNode, onPath: TreeNode | undefined): { nodes: number; exported: boolean } {
  // By index: the same object may stand in a list more than once.
  const skipped = onPath === undefined ? -1 : node.children.indexOf(onPath);
  const todo = node.children.filter((_, i) => i !== skipped);
  let nodes = 0;
  let exported = false;
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    nodes++;
    if (next.exported) exported = true;
    for (const child of next.children) todo.push(child);
  }
  return { nodes, exported };
}

/** Takes one more node into the gap; they come from the cause up. */
function widen(
  gap: Gap,
  { hops, survived, stub, exported, unsure }: TreeNode,
  exportedBeside: boolean,
): void {
  gap.hops += 1 + (hops ?? 0);
  gap.survived = survived;
  gap.startMs = sumOf(gap.startMs, stub?.startMs);
  if (exported || exportedBeside) gap.exported = true;
  if (unsure) gap.unsure = true;
}

/** The node beneath a gap takes the place of the topmost node of the gap among the failures of its new parent. */
function beneathGap(node: TreeNode, { hops, survived, startMs }: Gap): TreeNode {
  const { survived: _, stub, ...rest } = node;
  const start = sumOf(startMs, stub?.startMs);
  const durationMs = stub?.durationMs;
  return {
    ...rest,
    hops: hops + (node.hops ?? 0),
    ...(survived ? { survived } : undefined),
    ...(stub === undefined
      ? undefined
      : {
          stub:
            start === undefined || durationMs === undefined
              ? { kind: stub.kind }
              : { kind: stub.kind, startMs: start, durationMs },
        }),
  };
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function withVerdictOf(whole: TreeNode, cut: TreeNode): TreeNode {
  return verdictOf(whole) === "failed" && verdictOf(cut) === "rejected" ? { ...cut, mixed: true } : cut;
}
