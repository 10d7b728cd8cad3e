// Builds the tree of a trace with nothing merged: one node for every failed span and for every ancestor of one.

import type { Code } from "../spans/code.ts";
import type { SpanRecord } from "../spans/span-record.ts";
import { buildTrees } from "./build.ts";
import { linkSpans, type Work } from "./link.ts";
import { type SpanMark, SpanMarks } from "./span-marks.ts";
import { type ErrorTree, rootCauseOf, type TreeNode } from "./tree.ts";

/** Options of {@link buildEverySpan}. */
export interface EverySpanOptions {
  readonly traceId?: string;
  /** Redacts a node. */
  readonly redact?: (node: TreeNode) => TreeNode;
  /** Nodes say why they were judged so. @default false */
  readonly explain?: boolean;
  /** Called with the span at which a cycle of parents was cut. */
  readonly onCycle?: (spanId: string) => void;
}

/**
 * One tree for every root with a failed span beneath it or failed itself: client spans stand above what they called,
 * nothing folds, nothing collapses, no code is passed on. Siblings stand in the order of their ends. The way to the root
 * cause is the one of the merged tree, down to the innermost span of its node.
 */
export function buildEverySpan(records: readonly SpanRecord[], options: EverySpanOptions = {}): ErrorTree[] {
  const { traceId = "", redact = (node) => node, explain = false, onCycle } = options;
  const trees: ErrorTree[] = [];
  const marks = new SpanMarks();
  const merged = new Map(buildTrees(records, { marks }).map((tree) => [tree.root.spanId, tree]));
  for (const order of linkSpans(records, onCycle)) {
    const way = wayOf(order, merged.get((order[0] as Work).record.spanId), marks);
    const nodes = new Map<Work, TreeNode>();
    for (let i = order.length - 1; i >= 0; i--) {
      const work = order[i] as Work;
      const children = work.children.toSorted(byEnd).flatMap((child) => nodes.get(child) ?? []);
      for (const child of work.children) nodes.delete(child);
      const mark = marks.of(work.record.spanId);
      if (!work.record.failed && children.length === 0 && !mark?.pending) continue;
      const node = redact(nodeOf(work.record));
      nodes.set(work, { ...node, ...marksOf(mark, explain), ...wayMarks(work, way, children), children });
    }
    const root = nodes.get(order[0] as Work);
    if (root !== undefined) trees.push({ traceId, root, omitted: 0 });
  }
  return trees;
}

/** The spans from a root down to the innermost span of its root cause. */
function wayOf(order: readonly Work[], tree: ErrorTree | undefined, marks: SpanMarks): ReadonlySet<Work> {
  const way = new Set<Work>();
  const end = tree === undefined ? undefined : rootCauseOf(tree.root).node.spanId;
  if (end === undefined) return way;
  const last = marks.innermost(end);
  for (
    let work = order.find(({ record }) => record.spanId === last);
    work !== undefined;
    work = work.parent
  ) {
    way.add(work);
  }
  return way;
}

/** The way ends at the innermost span of a node that is its own cause. */
function wayMarks(work: Work, way: ReadonlySet<Work>, children: readonly TreeNode[]): Partial<TreeNode> {
  if (!way.has(work)) return {};
  const isEnd = children.length > 0 && !work.children.some((child) => way.has(child));
  return {
    ...(work.parent === undefined ? undefined : { way: true }),
    ...(isEnd ? { own: true } : undefined),
  };
}

function marksOf(mark: SpanMark | undefined, explain: boolean): SpanMark {
  // Every span is in this tree, so that the end of the way shows without a mark.
  const { own: _, because, ownBecause, ...marks } = mark ?? {};
  if (!explain) return marks;
  return {
    ...marks,
    ...(because === undefined ? undefined : { because }),
    ...(ownBecause === undefined ? undefined : { ownBecause }),
  };
}

function nodeOf(record: SpanRecord): TreeNode {
  const code: Code = record.failed ? (record.code ?? "unknown") : "ok";
  const { service, operation, spanId, peer, errorType, message, frames, causes, attempt, synthesized } =
    record;
  return {
    service,
    operation,
    code,
    count: 1,
    spanId,
    ...(peer === undefined || !(record.failed || record.pending !== undefined) ? undefined : { peer }),
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames === undefined ? undefined : { frames }),
    ...(causes === undefined ? undefined : { causes }),
    ...(attempt === undefined ? undefined : { attempt }),
    ...(synthesized?.node.survived ? { survived: true as const } : undefined),
    ...(synthesized?.node.unsure ? { unsure: true as const } : undefined),
    children: [],
  };
}

function byEnd(a: Work, b: Work): number {
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  return a.start === b.start ? 0 : a.start < b.start ? -1 : 1;
}
