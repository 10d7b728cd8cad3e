// Compares two spans of time: which edges appeared, vanished, became slower or faster, or fail more or less often.
import { edgeId } from "../../graph/edge.ts";
import type { Picture, PictureEdge } from "../../graph/picture.ts";
import { failureShare } from "./standing.ts";

/** What happened to an edge. */
type ChangeKind = "appeared" | "vanished" | "slower" | "faster" | "fails more" | "fails less";

/** A change of one edge. */
export interface Change {
  readonly kind: ChangeKind;
  readonly edge: PictureEdge;
  /** The edge as it was; for one that appeared it is not there. */
  readonly before: PictureEdge | undefined;
  /** p95 now over p95 before, or the share of failures now minus that before. 0 if it appeared or vanished. */
  readonly size: number;
}

/** Fewer requests than this say nothing about durations or shares. */
const LEAST_REQUESTS = 20;
/** A p95 that grew by less is no change: quantiles are known to within 4.5 %, on both sides. */
const SLOWER_FROM = 1.25;
/** A share of failures that changed by less is no change. */
const SHARE_FROM = 0.01;

const ORDER: readonly ChangeKind[] = ["fails more", "slower", "vanished", "appeared", "fails less", "faster"];

/** All changes, what is worst first. An edge may have several. */
export function compareGraphs(
  before: Pick<Picture, "edges">,
  now: Pick<Picture, "edges">,
): readonly Change[] {
  const earlier = new Map(before.edges.filter(isUsed).map((edge) => [edgeId(edge), edge]));
  const changes: Change[] = [];
  for (const edge of now.edges.filter(isUsed)) {
    const id = edgeId(edge);
    const old = earlier.get(id);
    earlier.delete(id);
    if (old === undefined) changes.push({ kind: "appeared", edge, before: undefined, size: 0 });
    else changes.push(...changesOf(old, edge));
  }
  for (const edge of earlier.values()) changes.push({ kind: "vanished", edge, before: edge, size: 0 });
  return changes.sort(
    (a, b) =>
      ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
      Math.abs(b.size) - Math.abs(a.size) ||
      b.edge.requests - a.edge.requests,
  );
}

function changesOf(before: PictureEdge, edge: PictureEdge): Change[] {
  if (before.requests < LEAST_REQUESTS || edge.requests < LEAST_REQUESTS) return [];
  const changes: Change[] = [];
  const share = failureShare(edge) - failureShare(before);
  if (Math.abs(share) >= SHARE_FROM) {
    changes.push({ kind: share > 0 ? "fails more" : "fails less", edge, before, size: share });
  }
  const [old, p95] = [before.durations.p95, edge.durations.p95];
  if (old !== undefined && p95 !== undefined && old > 0 && p95 > 0) {
    const factor = p95 / old;
    if (factor >= SLOWER_FROM) changes.push({ kind: "slower", edge, before, size: factor });
    if (factor <= 1 / SLOWER_FROM) changes.push({ kind: "faster", edge, before, size: 1 / factor });
  }
  return changes;
}

function isUsed({ requests }: PictureEdge): boolean {
  return requests > 0;
}
