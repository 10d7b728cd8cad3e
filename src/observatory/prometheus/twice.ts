// Says which edges are counted by several jobs in Prometheus.
import { nameOf } from "../graph/names.ts";
import type { AnsweredSeries } from "./answers.ts";

const MOST_NAMED = 3;
const MOST_JOBS = 5;

/** A whole sentence; `undefined` if there are no such edges. @param series - the answer to `jobsQuery` */
export function twiceIn(series: readonly AnsweredSeries[]): string | undefined {
  const jobs = new Map<string, string[]>();
  for (const { labels } of series) {
    const edge = `${nameOf(labels.client) ?? "?"} -> ${nameOf(labels.server) ?? "?"}`;
    const names = jobs.get(edge) ?? [];
    names.push(nameOf(labels.job) ?? "?");
    jobs.set(edge, names);
  }
  if (jobs.size === 0) return undefined;
  const edges = [...jobs]
    .slice(0, MOST_NAMED)
    .map(([edge, names]) => `${edge} by ${names.sort().slice(0, MOST_JOBS).join(" and ")}`);
  return (
    `Requests of ${edges.join(", of ")} are counted by several jobs in Prometheus: each is likely here twice. ` +
    "Choose one of them by --selector 'job=\"…\"'."
  );
}
