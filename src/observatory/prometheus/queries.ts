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
const LOOK_BACK_SECONDS = 300;
const LOOK_BACK = `[${LOOK_BACK_SECONDS}s]`;
/** Our own metrics that every process has from the beginning on; of them this one is the least known to be renamed on the way. */
const ALWAYS_THERE = "error_tree_tree_lost_total";
/** Of one process. Behind a Collector that is scraped without `honor_labels`, the process is in the latter two. */
const TARGET = "job, instance, exported_job, exported_instance";

/**
 * What came in the last `stepMs`, per edge. Not `increase()`: it guesses what came before the first and after the last sample
 * of each range, and sees nothing of a counter that begins with its first failure. Here the steps add up to what was counted:
 *
 * - a counter that is there at both ends has increased by the difference; one that is lower began anew, and counts whole, with what its
 *   forerunner had counted until the last time that it was seen
 * - one that is new counts whole if its target was scraped before, which did not have it then
 * - of a target that is new itself only what came since its first scrape counts: what it had then may be days old
 *
 * A restart is seen if the step is no longer than the time from one scrape to the next; see {@link stepOf}.
 *
 * @param selector - label matchers without braces; may be empty
 */
export function increaseQuery(measure: Measure, selector: string, stepMs: number): string {
  const one = series(METRICS[measure], selector);
  const last = (name: string, offset = ""): string => `last_over_time(${name}${LOOK_BACK}${offset})`;
  const now = last(one);
  const offset = ` offset ${stepMs}ms`;
  const before = last(one, offset);
  const scraped = [
    `${last(series("up", selector), offset)} == 1`,
    last(series(METRICS.requests, selector), offset),
    last(series(ALWAYS_THERE, selector), offset),
  ].join(" or ");
  const increases = [
    `${now} - ${before} >= 0`,
    `${now} + clamp_min(max_over_time(${one}[${stepMs}ms]) - ${before}, 0) and ${now} < ${before}`,
    `${now} unless ${before} and on (${TARGET}) (${scraped})`,
    `${now} - min_over_time(${one}[${stepMs}ms])`,
  ];
  return `sum by (${LABELS[measure]}) (${increases.map((increase) => `(${increase})`).join(" or ")}) > 0`;
}

/** So long are samples counted to know how often Prometheus scrapes. */
const LOOK_SECONDS = 60;

/** How many samples came of the target that is scraped most often, lately. */
export function samplesQuery(selector: string): string {
  const counts = ["up", METRICS.requests].map(
    (name) => `count_over_time(${series(name, selector)}[${LOOK_SECONDS}s])`,
  );
  return `max(${counts.join(" or ")})`;
}

/** A window has no more parts than this. */
const MOST_PARTS = 12;

/**
 * The part of a window that is no longer than the time between two scrapes, in milliseconds, so that each part has one new
 * sample of a counter: with more of them, what it counted after a restart could hide that it had begun anew.
 *
 * @param windowMs - whole seconds
 * @param samples - the answer to {@link samplesQuery}; `undefined` if there is none
 */
export function stepOf(windowMs: number, samples: number | undefined): number {
  if (samples === undefined || !(samples >= 1)) return windowMs;
  const scrapeMs = (LOOK_SECONDS * 1000) / (samples + 1);
  const least = Math.min(MOST_PARTS, Math.ceil(windowMs / scrapeMs));
  for (let parts = least; parts <= MOST_PARTS; parts++) if (windowMs % parts === 0) return windowMs / parts;
  return windowMs / 10;
}

/** Edges whose requests come from several jobs: each of them is likely there twice. At most 20. */
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
