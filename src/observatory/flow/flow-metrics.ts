// Writes the counts of the edges as metrics, under the names that the Collector's service graph connector has for them.
import { CONNECTOR_BOUNDS } from "../graph/connector-bounds.ts";
import { type LogHistogram, SCALE } from "../graph/log-histogram.ts";
import type { Edge } from "./edges.ts";

/** Names of the metrics. */
export const REQUESTS = "traces_service_graph_request_total";
export const FAILURES = "traces_service_graph_request_failed_total";
export const SERVER_SECONDS = "traces_service_graph_request_server_seconds";
export const CLIENT_SECONDS = "traces_service_graph_request_client_seconds";
export const CONTEXT = "error_tree.edge.context";
const SERVER_DURATION = "error_tree.edge.server.duration";
const CLIENT_DURATION = "error_tree.edge.client.duration";

export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  [REQUESTS]: "Requests between two nodes.",
  [FAILURES]: "Failed requests between two nodes.",
  [SERVER_SECONDS]: "Duration of requests between two nodes as seen by the server, in seconds.",
  [CLIENT_SECONDS]: "Duration of requests between two nodes as seen by the client, in seconds.",
  [CONTEXT]: "Requests between two nodes by what became of the context.",
  [SERVER_DURATION]: "Duration of requests between two nodes as seen by the server.",
  [CLIENT_DURATION]: "Duration of requests between two nodes as seen by the client.",
};

/** Numbers of the SDK's metrics. */
const HISTOGRAM = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const SUM = 3;
const CUMULATIVE = 1;
const INT = 0;
const DOUBLE = 1;

/** Seconds and nanoseconds. */
export type HrTime = [number, number];

type Labels = Readonly<Record<string, string>>;

/** One series of one metric, as the SDK has it. */
interface DataPoint {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Labels;
  readonly value: unknown;
}

/** A metric as the SDK has it. */
export interface MetricData {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: number;
  };
  readonly aggregationTemporality: number;
  readonly dataPointType: number;
  readonly dataPoints: readonly DataPoint[];
  readonly isMonotonic?: boolean;
}

/** From when on was counted, when it was read, and whether the reader knows exponential histograms. */
interface Reading {
  readonly since: HrTime;
  readonly now: HrTime;
  readonly isExact: boolean;
}

/** All metrics of these edges. */
export function metricsOf(edges: Iterable<Edge>, { since, now, isExact }: Reading): MetricData[] {
  const series = [...edges].map(({ key, counts }) => ({ labels: labelsOf(key), counts }));
  const point = (attributes: Labels, value: unknown): DataPoint => ({
    startTime: since,
    endTime: now,
    attributes,
    value,
  });
  const ofSide = (side: "server" | "client", value: (durations: LogHistogram) => unknown): DataPoint[] =>
    series
      .filter(({ counts }) => counts[side].count > 0)
      .map(({ labels, counts }) => point(labels, value(counts[side])));
  const metrics = [
    counter(
      REQUESTS,
      "",
      series.map(({ labels, counts }) => point(labels, counts.requests)),
    ),
    counter(
      FAILURES,
      "",
      series.map(({ labels, counts }) => point(labels, counts.failures)),
    ),
    durations(SERVER_SECONDS, HISTOGRAM, ofSide("server", inBounds)),
    durations(CLIENT_SECONDS, HISTOGRAM, ofSide("client", inBounds)),
    counter(
      CONTEXT,
      "{request}",
      series.flatMap(({ labels, counts }) =>
        STATES.map((state) => point({ ...labels, state }, counts[state])),
      ),
    ),
  ];
  if (isExact) {
    metrics.push(
      durations(SERVER_DURATION, EXPONENTIAL_HISTOGRAM, ofSide("server", exponential)),
      durations(CLIENT_DURATION, EXPONENTIAL_HISTOGRAM, ofSide("client", exponential)),
    );
  }
  return metrics.filter(({ dataPoints }) => dataPoints.length > 0);
}

/** What became of the context of a request. */
export const STATES = ["arrived", "missing", "foreign"] as const;

/** The labels of an edge. */
export function labelsOf({ client, server, connectionType }: Edge["key"]): Labels {
  return { client, server, connection_type: connectionType };
}

/** How many fell between the bounds. */
function countsInBounds(durations: LogHistogram): number[] {
  const atMost = [...durations.atMost(CONNECTOR_BOUNDS), durations.count];
  return atMost.map((count, i) => count - (atMost[i - 1] ?? 0));
}

function inBounds(durations: LogHistogram): unknown {
  const { count, sum } = durations;
  return { buckets: { boundaries: [...CONNECTOR_BOUNDS], counts: countsInBounds(durations) }, count, sum };
}

function exponential(durations: LogHistogram): unknown {
  const { offset, counts, sum } = durations.toJSON();
  return {
    count: durations.count,
    sum,
    scale: SCALE,
    zeroCount: 0,
    positive: { offset, bucketCounts: counts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

function counter(name: string, unit: string, dataPoints: readonly DataPoint[]): MetricData {
  return {
    descriptor: { name, description: DESCRIPTIONS[name] ?? "", unit, valueType: INT },
    aggregationTemporality: CUMULATIVE,
    dataPointType: SUM,
    dataPoints,
    isMonotonic: true,
  };
}

/** The connector's have their unit in the name. */
function durations(name: string, dataPointType: number, dataPoints: readonly DataPoint[]): MetricData {
  const unit = dataPointType === HISTOGRAM ? "" : "s";
  return {
    descriptor: { name, description: DESCRIPTIONS[name] ?? "", unit, valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
    dataPointType,
    dataPoints,
  };
}
