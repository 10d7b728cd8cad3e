// Says of which quality attributes Prometheus cannot be told, or not all, and why.
import type { Objective } from "../objective.ts";
import { MILLION } from "../objective.ts";
import { byPlace, type Problem } from "../problem.ts";
import { formatShare, formatTime } from "../quantities.ts";
import type { ObjectivesFile } from "../read-objectives.ts";
import { ALERTS, canFire, lowestFor } from "./burn-rates.ts";

/** One for each quality attribute that has fewer rules than others, in the order of the file. */
export function ruleWarnings({ objectives, bounds }: ObjectivesFile): Problem[] {
  return objectives.entries
    .flatMap((entry) => entry.objectives)
    .flatMap((objective) => {
      const { line, column, text } = objective;
      const reason = withoutRules(objective, bounds) ?? withFewerRules(objective);
      return reason === undefined ? [] : [{ line, column, text: `${text}: ${reason}` }];
    })
    .sort(byPlace);
}

/** Why a quality attribute has no rules at all; `undefined` if it has. */
export function withoutRules({ share, measure }: Objective, bounds: readonly number[]): string | undefined {
  if (share === MILLION) return "no rules, because of 100% there is nothing that may burn; the page shows it";
  if (measure.kind === "succeed" || bounds.includes(measure.seconds)) return undefined;
  const below = bounds.findLast((bound) => bound < measure.seconds);
  const above = bounds.find((bound) => bound > measure.seconds);
  const nearest = [below, above].filter((bound) => bound !== undefined).map(formatTime);
  return (
    `no rules, because the histograms in Prometheus have no bucket that ends at ${formatTime(measure.seconds)}; ` +
    `the nearest ${nearest.length > 1 ? "are" : "is"} ${nearest.join(" and ")}. ` +
    "Take one of these, or add it to latency_histogram_buckets of the Collector and to buckets of this file; " +
    "the page shows it, to within 4.5%"
  );
}

function withFewerRules({ share }: Objective): string | undefined {
  const idle = ALERTS.flatMap(({ rates }) => rates).filter((rate) => !canFire(share, rate));
  if (idle.length === 0) return undefined;
  return idle
    .map((rate) => {
      const lowest = formatShare(lowestFor(rate));
      return (
        `the alert over ${rate.long} and ${rate.short} is left out, because it asks for a burn rate of ${rate.tenths / 10}, ` +
        `which no objective of ${lowest} or less can have`
      );
    })
    .join("; ");
}
