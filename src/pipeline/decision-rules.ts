// What of an earlier decision holds when more comes to light, and what follows from the export side's choice.
import type { ExportChoice } from "../export/fragment-view.ts";
import type { ExportDecision } from "../fragments/decision.ts";
import { type Fragment, UNREPORTED } from "../fragments/fragment.ts";
import { isSampled } from "../fragments/read-span.ts";
import type { RequestResult } from "../fragments/result.ts";

/** The decision about a request of which nothing failed. */
const NOTHING: ExportDecision = {
  revision: 0,
  verdict: "ok",
  code: "ok",
  tree: undefined,
  forced: false,
  exported: false,
  represents: undefined,
  at: 0,
  late: false,
};

/**
 * What an earlier decision leaves no choice about: a promise is kept, and what has failed before is not put to the export
 * side a second time, unless a callee's export asks for it. `undefined` if the export side is to be asked.
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
  const wasReported = before !== undefined && before.revision !== UNREPORTED;
  return {
    ...result,
    forced,
    exported: revision !== 0 && (forced || fragment.exportedBeneath),
    represents,
    at: exportedNow ? now() : (before?.at ?? 0),
    late: (before?.late ?? false) || (wasReported && (exportedNow || failedNow)),
  };
}

/** Head-sampled spans go their normal way; one that was let go of has nothing left to export. */
function hasUnsampled({ phase, entries }: Fragment): boolean {
  return phase !== "spent" && entries.some((entry) => !isSampled(entry.span));
}
