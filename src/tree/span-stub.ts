// Makes the stubs of spans, moves them to the clock of a caller, and takes them out of trees whose spans are exported.
import type { SpanRecord } from "../spans/span-record.ts";
import { nodesOf, type SpanStub, type TreeNode } from "./tree.ts";

/**
 * The stub of a span, with its start as 0. `undefined` if the span is in a backend: the head sampler chose it, or it was read
 * from there, without wall-clock times.
 */
export function stubOf({ kind, times, sampled }: SpanRecord): SpanStub | undefined {
  if (times === undefined || sampled) return undefined;
  return { kind, startMs: 0, durationMs: wholeMs(times.endMs - times.startMs) };
}

/** The stub of a node that began so many milliseconds later than the one above; unchanged if that is not known. */
export function movedStub(
  stub: SpanStub,
  began: number | undefined,
  aboveBegan: number | undefined,
): SpanStub {
  if (began === undefined || aboveBegan === undefined || stub.startMs === undefined) return stub;
  return { ...stub, startMs: stub.startMs + wholeMs(began - aboveBegan) };
}

/** The SDK rounds starts to whole milliseconds, and a clock may be set back: a span may end, or begin, before it could. */
function wholeMs(ms: number): number {
  return ms > 0 && ms < Number.POSITIVE_INFINITY ? Math.round(ms) : 0;
}

/** One stub of two views of a node; none if one view has none, because the span may have been exported then. */
export function joinStubs(a: SpanStub | undefined, b: SpanStub | undefined): SpanStub | undefined {
  if (a === undefined || b === undefined) return undefined;
  const start = timeOf(a.startMs) - timeOf(b.startMs);
  const duration = timeOf(a.durationMs) - timeOf(b.durationMs);
  if (start !== 0) return start < 0 ? a : b;
  if (duration !== 0) return duration < 0 ? a : b;
  return a.kind <= b.kind ? a : b;
}

/** A time that is not known comes after all that are. */
function timeOf(ms: number | undefined): number {
  return ms ?? Number.MAX_VALUE;
}

/** The tree for callers who have no span left to write. Iterative: depth is the peer's choice. */
export function withoutStubs(root: TreeNode): TreeNode {
  const order = [...nodesOf(root)];
  const bare = new Map<TreeNode, TreeNode>();
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as TreeNode;
    const { stub: _, ...rest } = node;
    bare.set(node, { ...rest, children: node.children.map((child) => bare.get(child) as TreeNode) });
  }
  return bare.get(root) as TreeNode;
}
