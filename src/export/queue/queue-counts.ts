// Counts what a queue exports and drops, and logs losses.
import type { CountName, Health } from "../../health/health.ts";
import type { QueuedFragment } from "./held-fragment.ts";

type Counted = Pick<QueuedFragment, "spans" | "represents">;

export function countExported(health: Health, fragments: readonly Counted[]): void {
  count(health, fragments, ["fragments_exported", "spans_exported", "represents_written"]);
}

/** Counts what is lost; logs the first loss for each reason. */
export function countDropped(health: Health, fragments: readonly Counted[], why: string, detail = ""): void {
  if (fragments.length === 0) return;
  count(health, fragments, ["fragments_dropped", "spans_dropped", "represents_dropped"]);
  health.once(`lost: ${why}`, `failing requests are lost, ${why}${detail}`);
}

/** Counts spans that were dropped from fragments that stay; logs the first time for each reason. */
export function countShed(health: Health, spans: number, why: string, detail = ""): void {
  if (spans === 0) return;
  health.count("spans_shed", spans);
  health.once(`shed: ${why}`, `failing requests are exported without some of their spans, ${why}${detail}`);
}

function count(
  health: Health,
  fragments: readonly Counted[],
  [ofFragments, ofSpans, ofTrees]: readonly [CountName, CountName, CountName],
): void {
  if (fragments.length === 0) return;
  let spans = 0;
  let trees = 0;
  for (const fragment of fragments) {
    spans += fragment.spans.length;
    trees += fragment.represents;
  }
  health.count(ofFragments, fragments.length);
  health.count(ofSpans, spans);
  if (trees > 0) health.count(ofTrees, trees);
}
