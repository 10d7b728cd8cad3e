// Fragments by verdict: each is counted once, however often it was decided about.
import type { Activity } from "../health/health.ts";
import type { Verdict } from "../tree/tree.ts";
import type { Fragment } from "./fragment.ts";

const COUNTS: Readonly<Record<Exclude<Verdict, "ok">, keyof Activity>> = {
  failed: "verdicts_failed",
  rejected: "verdicts_rejected",
  handled: "verdicts_handled",
};

/**
 * Counts a fragment that goes out of flight, by what is decided of it: only then is the verdict its last one. One that is
 * not decided about yet may still be counted later.
 */
export function countVerdict(fragment: Fragment, activity: Activity): void {
  const verdict = fragment.decision?.outcome.verdict ?? "ok";
  if (verdict === "ok" || fragment.counted) return;
  fragment.counted = true;
  activity[COUNTS[verdict]]++;
}
