// Decides what of an earlier decision still holds after more has failed, and makes the decision from the export's choice.
import type { ExportChoice } from "../export/fragment-view.ts";
import type { ExportDecision } from "../fragments/decision.ts";
import type { Fragment } from "../fragments/fragment.ts";
import { isSampled } from "../fragments/read-span.ts";
import type { RequestResult } from "../fragments/result.ts";

/** The decision about a request in which nothing failed. */
const NOTHING: ExportDecision = {
  revision: 0,
  verdict: "ok",
  code: "ok",
  tree: undefined,
  forced: false,
  isChosen: false,
  exported: false,
  represents: undefined,
  at: 0,
  late: false,
};

/**
 * The choice, if the earlier decision leaves only one: an export that was announced is kept, and a request that had failed
 * already is not decided a second time, unless a callee exported spans. `undefined` if the export side has to decide.
 */
export function choiceKept(
  { decision: before, exportedBeneath }: Fragment,
  { revision, verdict }: RequestResult,
): ExportChoice | undefined {
  if (revision === 0) return NOTHING_CHOSEN;
  if (before === undefined) return undefined;
  const hadFailed = before.verdict === "failed";
  if (!hadFailed && verdict === "failed") return undefined;
  if (before.forced || before.represents !== undefined) {
    return {
      exported: before.forced,
      ...(before.represents === undefined ? undefined : { represents: before.represents }),
    };
  }
  return hadFailed && !exportedBeneath ? NOTHING_CHOSEN : undefined;
}

const NOTHING_CHOSEN: ExportChoice = { exported: false };

/** The decision that follows from a choice, after the one that the fragment has. */
export function decisionAfter(
  fragment: Fragment,
  result: RequestResult,
  { exported, represents }: ExportChoice,
  now: () => number,
): ExportDecision {
  const { revision, verdict } = result;
  const { decision: before } = fragment;
  if (revision === 0 && before === undefined) return NOTHING;
  const forced = exported && hasUnsampled(fragment);
  const exportedNow = forced && !before?.forced;
  const failedNow = verdict === "failed" && before?.verdict !== "failed";
  return {
    ...result,
    forced,
    isChosen: exported || represents !== undefined || (before?.isChosen ?? false),
    exported: revision !== 0 && (forced || fragment.exportedBeneath),
    represents,
    at: exportedNow ? now() : (before?.at ?? 0),
    late: before !== undefined && (before.late || exportedNow || failedNow),
  };
}

/** The SDK exports head-sampled spans, and a fragment whose spans are gone has nothing to export. */
function hasUnsampled({ phase, entries }: Fragment): boolean {
  return phase !== "spent" && entries.some((entry) => !isSampled(entry.span));
}
