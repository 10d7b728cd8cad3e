// Tells the program of a failed request that is exported, when it has ended.
import type { ExportDecision } from "../fragments/decision.ts";
import type { Fragment } from "../fragments/fragment.ts";
import { type FailureSink, failedRequest } from "../tree/failed-request.ts";

/** Tells of it if it failed, and if the export side has chosen it. */
export function tellIfFailed(
  sink: FailureSink | undefined,
  { root: { spanId } }: Fragment,
  { verdict, isChosen, tree, represents, late }: ExportDecision,
): void {
  if (verdict !== "failed" || !isChosen || tree === undefined || !sink?.isWanted) return;
  sink.tell(failedRequest(tree.redacted(), { spanId, represents, late }));
}
