// Counts the edges that flow metrics tell of: ours, and those of a Collector's service graph connector and of Tempo.
import { createHash } from "node:crypto";
import type { FoundHistogram, FoundPoint, FoundResource, MetricSink } from "../../otlp/metric-point.ts";
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";
import { nameOf as labelOf, SERVICE_CHARS } from "../flow/names.ts";
import type { Cell, Source } from "../graph/cell.ts";
import { addBetween } from "../graph/coarse-bucket.ts";
import type { ConnectionType, EdgeKey } from "../graph/edge.ts";
import { type HistogramData, LogHistogram } from "../graph/log-histogram.ts";
import { nameOf } from "../graph/names.ts";
import type { CountsTarget } from "./counts-target.ts";
import { Increases } from "./increases.ts";
import type { IntakeReport } from "./intake-report.ts";

/** What a metric counts on an edge. */
type Measure = "requests" | "failures" | "server" | "client" | "context";

/** By name; the connector's histograms have had names without the unit, too. */
const METRICS: ReadonlyMap<string, Measure> = new Map([
  ["traces_service_graph_request_total", "requests"],
  ["traces_service_graph_request_failed_total", "failures"],
  ["traces_service_graph_request_server", "server"],
  ["traces_service_graph_request_client", "client"],
  ["traces_service_graph_request_server_seconds", "server"],
  ["traces_service_graph_request_client_seconds", "client"],
  ["error_tree.edge.server.duration", "server"],
  ["error_tree.edge.client.duration", "client"],
  ["error_tree.edge.context", "context"],
]);

const CONNECTION_TYPES: readonly ConnectionType[] = ["messaging_system", "database", "virtual_node"];

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3 };

/** A longer id of a resource or a series is kept as its digest. */
const MOST_ID = 120;
/** A larger number is no count. */
const MOST = Number.MAX_SAFE_INTEGER;

/** Both ends of an edge, and when something came of it. */
interface Seen {
  readonly client: string;
  readonly server: string;
  readonly timeMs: number;
}

/** Takes points, and adds to counts what is new in them. */
export class FlowMetrics implements MetricSink {
  readonly #target: CountsTarget;
  readonly #report: IntakeReport;
  readonly #increases: Increases;
  /** The resource of the last point, and its id in few characters. */
  #resource: FoundResource | undefined;
  #id = "";

  constructor(target: CountsTarget, report: IntakeReport, mostSeries?: number) {
    this.#target = target;
    this.#report = report;
    this.#increases = new Increases(mostSeries);
  }

  /** See {@link Increases.oldestMark}. */
  get oldestMark(): number | undefined {
    return this.#increases.oldestMark;
  }

  wants(metric: string): boolean {
    return METRICS.has(metric);
  }

  /** Takes a point; gives back in words why it does not count. */
  point(point: FoundPoint): string | undefined {
    const { metric, attributes, resource, time, start, isDelta } = point;
    const measure = METRICS.get(metric) as Measure;
    const client = endOf(attributes.get("client"));
    const server = endOf(attributes.get("server"));
    const value = checked(point);
    if (client === undefined || server === undefined || value === undefined) {
      const wrong = `a point of ${metric} ${problemOf(client, server)}`;
      this.#report.unreadable(wrong);
      return wrong;
    }
    const timeMs = time / 1000;
    if (!this.#report.isInTime(timeMs)) return `a point of ${metric} is of a time that is not kept`;
    const { counts, mark } = this.#target;
    this.#see(resource.service, { client, server, timeMs });
    const series = `${metric}\0${seriesOf(attributes)}\0${boundsOf(point.value)}`;
    const increase = this.#increases.of({
      resource: this.#idOf(resource),
      series: short(series),
      isDelta,
      start,
      time,
      value,
      mark,
    });
    if (increase === "full") {
      this.#report.leftOut("Points of series for which there was no room");
      return `there is no room for a series of ${metric}`;
    }
    if (increase === "known" || isNothing(increase)) return undefined;
    const key: EdgeKey = {
      client,
      server,
      connectionType: connectionTypeOf(attributes.get("connection_type")),
    };
    const { value: found, unit } = point;
    const isExplicit = typeof found !== "number" && found.kind === "explicit";
    const source: Source = isExplicit ? "coarse" : "flow";
    const isSpread = isExplicit && typeof increase !== "number";
    add(counts.cell(timeMs, key, source), {
      ...{ measure, state: attributes.get("state") },
      increase: isSpread ? spread(increase, found.bounds, secondsOf(unit)) : increase,
    });
    return undefined;
  }

  /** A service sends metrics of its own edges under its name as it stands in them; a Collector sends those of others. */
  #see(sender: string | undefined, { client, server, timeMs }: Seen): void {
    const service = nameOf(sender);
    if (service === undefined) return;
    const label = labelOf(service, SERVICE_CHARS);
    const own = [service, label].find((name) => name === client || name === server);
    this.#target.counts.seen(own ?? service, timeMs, own !== undefined);
  }

  /** Points of one resource come one after the other. */
  #idOf(resource: FoundResource): string {
    if (resource !== this.#resource) {
      this.#resource = resource;
      this.#id = short(resource.id);
    }
    return this.#id;
  }
}

/** A long text as its digest: thousands of them are kept. */
function short(text: string): string {
  return text.length <= MOST_ID ? text : createHash("sha256").update(text).digest("base64");
}

/** The name of one end. Whoever has a name without anything in it is there. */
function endOf(label: string | undefined): string | undefined {
  return label === undefined ? undefined : (nameOf(label) ?? UNKNOWN_SERVICE);
}

function problemOf(client: string | undefined, server: string | undefined): string {
  if (client === undefined) return "has no client";
  return server === undefined ? "has no server" : "holds something that is no count, or no time";
}

function seriesOf(attributes: ReadonlyMap<string, string>): string {
  return JSON.stringify([...attributes].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A series goes on being sent when nothing comes any more. */
function isNothing(increase: number | HistogramData): boolean {
  return typeof increase === "number" ? increase === 0 : increase.counts.every((count) => count === 0);
}

function connectionTypeOf(text: string | undefined): ConnectionType {
  return CONNECTION_TYPES.find((type) => type === text) ?? "";
}

interface Addition {
  readonly measure: Measure;
  readonly increase: number | HistogramData;
  /** Of the context. */
  readonly state: string | undefined;
}

function add({ counts }: Cell, { measure, increase, state }: Addition): void {
  if (typeof increase !== "number") {
    if (measure === "server" || measure === "client") counts[measure].merge(LogHistogram.from(increase));
  } else if (measure === "requests" || measure === "failures") counts[measure] += increase;
  else if (measure === "context" && (state === "arrived" || state === "missing" || state === "foreign")) {
    counts[state] += increase;
  }
}

/** The value, as whole numbers; `undefined` if there is something in it that cannot be counted. */
function checked({ value, unit, time }: FoundPoint): number | HistogramData | undefined {
  if (!(time > 0)) return undefined;
  if (typeof value === "number") return isCount(value) ? Math.round(value) : undefined;
  if (!value.counts.every(isCount) || !Number.isFinite(value.sum)) return undefined;
  const sum = Math.max(0, value.sum * secondsOf(unit));
  if (value.kind === "exponential") return exponential(value, secondsOf(unit), sum);
  const { counts, bounds } = value;
  if (counts.length > 0 && counts.length !== bounds.length + 1) return undefined;
  if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY)))) return undefined;
  // The buckets as they are: only what they have more than before is spread over ours.
  return { offset: 0, counts: counts.map(Math.round), sum };
}

function isCount(value: number): boolean {
  return value >= 0 && value <= MOST;
}

function secondsOf(unit: string): number {
  return Object.hasOwn(UNITS, unit) ? (UNITS[unit] as number) : 1;
}

/** What explicit buckets have more than before, in seconds. */
function spread({ counts, sum }: HistogramData, bounds: readonly number[], unit: number): HistogramData {
  const histogram = new LogHistogram();
  for (const [i, count] of counts.entries()) {
    const [low, high] = [bounds[i - 1], bounds[i]].map((bound) =>
      bound === undefined ? undefined : bound * unit,
    );
    addBetween(histogram, low, high, count);
  }
  return { ...histogram.toJSON(), sum };
}

function exponential(
  { counts, scale, offset, zeroCount }: Extract<FoundHistogram, { kind: "exponential" }>,
  unit: number,
  sum: number,
): HistogramData | undefined {
  if (!isCount(zeroCount) || !(scale >= -10 && scale <= 20) || !Number.isInteger(offset)) return undefined;
  const histogram = new LogHistogram();
  histogram.add(0, Math.round(zeroCount));
  for (const [i, count] of counts.entries()) {
    histogram.add(2 ** ((offset + i + 0.5) / 2 ** scale) * unit, Math.round(count));
  }
  return { ...histogram.toJSON(), sum };
}

/** A histogram whose bounds have changed is another one. */
function boundsOf(value: FoundPoint["value"]): string {
  return typeof value !== "number" && value.kind === "explicit" ? value.bounds.join() : "";
}
