// The tree of a trace with nothing merged: one node for every failed span and for every ancestor of one.
import type { Code } from "./code.ts";
import { linkSpans, type Work } from "./link.ts";
import type { SpanRecord } from "./span-record.ts";
import type { ErrorTree, TreeNode } from "./tree.ts";

/** What {@link buildEverySpan} may be told. */
export interface EverySpanOptions {
  readonly traceId?: string;
  /** What of a node may be told. */
  readonly redact?: (node: TreeNode) => TreeNode;
  /** Called with the span at which a cycle of parents was cut. */
  readonly onCycle?: (spanId: string) => void;
}

/**
 * One tree for every root with a failed span beneath it or failed itself: client spans stand above what they called,
 * nothing folds, nothing collapses, no code is passed on. Siblings stand in the order of their ends.
 */
export function buildEverySpan(records: readonly SpanRecord[], options: EverySpanOptions = {}): ErrorTree[] {
  const { traceId = "", redact = (node) => node, onCycle } = options;
  const trees: ErrorTree[] = [];
  for (const order of linkSpans(records, onCycle)) {
    const nodes = new Map<Work, TreeNode>();
    for (let i = order.length - 1; i >= 0; i--) {
      const work = order[i] as Work;
      const children = work.children.toSorted(byEnd).flatMap((child) => nodes.get(child) ?? []);
      for (const child of work.children) nodes.delete(child);
      if (work.record.failed || children.length > 0) {
        nodes.set(work, { ...redact(nodeOf(work.record)), children });
      }
    }
    const root = nodes.get(order[0] as Work);
    if (root !== undefined) trees.push({ traceId, root, omitted: 0 });
  }
  return trees;
}

function nodeOf(record: SpanRecord): TreeNode {
  const code: Code = record.failed ? (record.code ?? "unknown") : "ok";
  const { service, operation, spanId, peer, errorType, message, frames } = record;
  return {
    service,
    operation,
    code,
    count: 1,
    spanId,
    ...(peer === undefined || !record.failed ? undefined : { peer }),
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames === undefined ? undefined : { frames }),
    children: [],
  };
}

function byEnd(a: Work, b: Work): number {
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  return a.record.spanId < b.record.spanId ? -1 : 1;
}
