// Writes what Prometheus is asked for: how much each edge has counted in a window, in whole numbers.

/** A metric of the service graph, by what it counts on an edge. */
export const METRICS = {
  requests: "traces_service_graph_request_total",
  failures: "traces_service_graph_request_failed_total",
  server: "traces_service_graph_request_server_seconds_bucket",
  client: "traces_service_graph_request_client_seconds_bucket",
  context: "error_tree_edge_context_total",
} as const;

export type Measure = keyof typeof METRICS;

const EDGE = "client, server, connection_type";
/** Labels by which the sums of a metric stay apart. */
const LABELS: Readonly<Record<Measure, string>> = {
  requests: EDGE,
  failures: EDGE,
  server: `${EDGE}, le`,
  client: `${EDGE}, le`,
  context: `${EDGE}, state`,
};

/** Samples that are so old still hold: a scrape that failed must not make a counter look new. */
const LOOK_BACK = "5m";

/**
 * What came in the last `seconds`, per edge. Not `increase()`: it guesses what came before the first and after the last sample
 * of each range, and sees nothing of a counter that begins with its first failure. Here the windows add up to what was counted:
 *
 * - a counter that is there at both ends has increased by the difference; one that is lower began anew, and counts whole
 * - one that is new counts whole if its target was scraped before
 * - of a target that is new itself only what came since its first scrape counts: what it had then may be days old
 *
 * @param selector - label matchers without braces; may be empty
 */
export function increaseQuery(measure: Measure, selector: string, seconds: number): string {
  const one = series(METRICS[measure], selector);
  const last = (name: string, offset = ""): string => `last_over_time(${name}[${LOOK_BACK}]${offset})`;
  const now = last(one);
  const before = last(one, ` offset ${seconds}s`);
  const scraped = last(series(METRICS.requests, selector), ` offset ${seconds}s`);
  const increases = [
    `${now} - ${before} >= 0`,
    `${now} < ${before}`,
    `${now} unless ${before} and on (job, instance) ${scraped}`,
    `${now} - min_over_time(${one}[${seconds}s])`,
  ];
  return `sum by (${LABELS[measure]}) (${increases.map((increase) => `(${increase})`).join(" or ")}) > 0`;
}

/** Edges whose requests come from several jobs: each of them is likely there twice. */
export function jobsQuery(selector: string): string {
  const jobs = `group by (${EDGE}, job) (${series(METRICS.requests, selector)} > 0)`;
  return `topk(20, ${jobs} and on (${EDGE}) (count by (${EDGE}) (${jobs}) > 1))`;
}

/** The upper bounds of all buckets, in the label `le`. */
export function boundsQuery(selector: string): string {
  return [METRICS.server, METRICS.client]
    .map((metric) => `group by (le) (${series(metric, selector)})`)
    .join(" or ");
}

/** How many series of requests there are at all. */
export function presenceQuery(selector: string): string {
  return `count(${series(METRICS.requests, selector)})`;
}

function series(metric: string, selector: string): string {
  return selector === "" ? metric : `${metric}{${selector}}`;
}
