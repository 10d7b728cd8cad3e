// What metric readers get of the flow counts: the real SDK, the exporter for Prometheus, and OTLP.
import { diag, type Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { JsonMetricsSerializer } from "@opentelemetry/otlp-transformer";
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FlowCounts } from "../../../src/observatory/flow/flow-counts.ts";
import { beginReading } from "../../../src/observatory/flow/flow-reading.ts";
import { CONNECTOR_BOUNDS } from "../../../src/observatory/graph/connector-bounds.ts";
import { LogHistogram } from "../../../src/observatory/graph/log-histogram.ts";

const NOW = 1_700_000_000_000;

/** A provider of the SDK with the readers, and counts that they read. */
function reading(
  readers: readonly (PeriodicExportingMetricReader | PrometheusExporter)[],
  { provider: wrap = (provider: MeterProvider): unknown => provider } = {},
) {
  const provider = new MeterProvider({ readers: [...readers] });
  onTestFinished(() => provider.shutdown().catch(() => {}));
  const counts = new FlowCounts();
  counts.isFor("shop");
  const said: string[] = [];
  const failures: unknown[] = [];
  const state = { isClosing: false };
  beginReading(wrap(provider), provider.getMeter("otel-error-tree"), {
    counts,
    now: () => NOW,
    settled: async () => {},
    isClosing: () => state.isClosing,
    failed: (error) => void failures.push(error),
    say: (line) => void said.push(line),
  });
  return { provider, counts, said, failures, state };
}

function periodic(temporality = AggregationTemporality.CUMULATIVE): {
  reader: PeriodicExportingMetricReader;
  read(): Promise<ResourceMetrics>;
} {
  const exporter = new InMemoryMetricExporter(temporality);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 });
  return {
    reader,
    async read() {
      return (await reader.collect()).resourceMetrics;
    },
  };
}

/** Our metrics by name. */
function ours({ scopeMetrics }: ResourceMetrics): Record<string, MetricData> {
  const found = scopeMetrics.filter(({ scope }) => scope.name === "otel-error-tree");
  return Object.fromEntries(found.flatMap((one) => one.metrics.map((data) => [data.descriptor.name, data])));
}

const DURATIONS = [0.001, 0.0015, 0.03, 0.3, 0.3, 20];

function countSome(counts: FlowCounts): void {
  const edge = counts.fromService('che"ckout', false);
  for (const seconds of DURATIONS) edge.server.add(seconds);
  edge.requests += DURATIONS.length;
  edge.failures += 2;
  edge.arrived += DURATIONS.length;
  counts.toService("payment", {}, false).client.add(0.25);
}

describe("a reader of the SDK", () => {
  test("gets the metrics of the connector, cumulative, with its buckets", async () => {
    const { reader, read } = periodic(AggregationTemporality.DELTA);
    const { counts } = reading([reader]);
    expect(counts.isOn).toBe(true);
    expect(ours(await read())).toEqual({});
    countSome(counts);
    await read();
    const data = ours(await read());
    const labels = { client: 'che"ckout', server: "shop", connection_type: "" };
    const total = data.traces_service_graph_request_total;
    expect(total).toMatchObject({
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [
        { attributes: labels, value: 6, startTime: [NOW / 1000, 0] },
        { attributes: { client: "shop", server: "payment", connection_type: "" }, value: 0 },
      ],
    });
    expect(data.traces_service_graph_request_failed_total?.dataPoints[0]?.value).toBe(2);
    expect(data.traces_service_graph_request_server_seconds?.dataPoints).toMatchObject([
      {
        attributes: labels,
        value: {
          count: 6,
          buckets: {
            boundaries: CONNECTOR_BOUNDS,
            counts: [2, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1],
          },
        },
      },
    ]);
    expect(data["error_tree.edge.context"]?.dataPoints).toMatchObject([
      { attributes: { ...labels, state: "arrived" }, value: 6 },
      { attributes: { ...labels, state: "missing" }, value: 0 },
      { attributes: { ...labels, state: "foreign" }, value: 0 },
      ...["arrived", "missing", "foreign"].map((state) => ({
        attributes: { client: "shop", state },
        value: 0,
      })),
    ]);
  });

  test("gets durations from which every quantile is known to within 4.5 %, by OTLP too", async () => {
    const { reader, read } = periodic();
    const { counts } = reading([reader]);
    countSome(counts);
    const bytes = JsonMetricsSerializer.serializeRequest(await read()) as Uint8Array;
    const { resourceMetrics } = JSON.parse(new TextDecoder().decode(bytes));
    const sent = resourceMetrics[0].scopeMetrics[0].metrics.find(
      ({ name }: { name: string }) => name === "error_tree.edge.server.duration",
    );
    expect(sent).toMatchObject({ unit: "s", exponentialHistogram: { aggregationTemporality: 2 } });
    const [{ scale, count, sum, positive }] = sent.exponentialHistogram.dataPoints;
    expect([scale, count]).toEqual([3, 6]);
    expect(sum).toBeCloseTo(20.6325, 6);
    const read95 = LogHistogram.from({ offset: positive.offset, counts: positive.bucketCounts, sum });
    expect(Math.abs((read95.quantile(0.95) ?? 0) / 20 - 1)).toBeLessThan(0.045);
    expect(Math.abs((read95.quantile(0.5) ?? 0) / 0.03 - 1)).toBeLessThan(0.045);
  });

  test("that writes for Prometheus has the connector's names, and no error in the log", async () => {
    const exporter = new PrometheusExporter({ port: 0, host: "127.0.0.1", preventServerStart: true });
    const { counts, failures } = reading([exporter]);
    countSome(counts);
    const error = vi.spyOn(diag, "error");
    let page = "";
    await new Promise<void>((resolve) => {
      exporter.getMetricsRequestHandler(
        {} as never,
        {
          setHeader() {},
          end(text: string) {
            page = text;
            resolve();
          },
        } as never,
      );
    });
    const labels = 'client="che\\"ckout",server="shop",connection_type=""';
    expect(page).toContain(
      `traces_service_graph_request_total{${labels},otel_scope_name="otel-error-tree"} 6\n`,
    );
    expect(page).toContain("# TYPE traces_service_graph_request_failed_total counter\n");
    expect(page).toContain(
      `traces_service_graph_request_server_seconds_bucket{${labels},otel_scope_name="otel-error-tree",le="0.05"} 3\n`,
    );
    expect(page).toContain("traces_service_graph_request_client_seconds_sum{");
    expect(page).toContain("error_tree_edge_context_total{");
    expect(page).not.toContain("duration");
    expect(page).not.toContain("untyped");
    expect(error).not.toHaveBeenCalled();
    expect(failures).toEqual([]);
  });

  test("that writes for Prometheus says where it is scraped, unless that is where everybody comes", () => {
    const options = { port: 0, host: "127.0.0.1", preventServerStart: true };
    const scrapes = (...readers: Parameters<typeof reading>[0]) => {
      const { counts } = reading(readers);
      return ["/metrics", "/own", "/", undefined].filter((path) =>
        counts.isScrape(path === undefined ? {} : { "url.path": path }),
      );
    };
    expect(scrapes(new PrometheusExporter(options))).toEqual(["/metrics"]);
    expect(scrapes(new PrometheusExporter({ ...options, endpoint: "own" }), periodic().reader)).toEqual([
      "/own",
    ]);
    expect(scrapes(new PrometheusExporter({ ...options, endpoint: "/" }))).toEqual([]);
    expect(scrapes(periodic().reader)).toEqual([]);
  });

  test("sees the last collection of a shutdown, and nothing of us after that", async () => {
    const { reader, read } = periodic();
    const { counts, state } = reading([reader]);
    countSome(counts);
    state.isClosing = true;
    expect(Object.keys(ours(await read()))).toHaveLength(7);
    expect(ours(await read())).toEqual({});
  });

  test("keeps the producers that the program gave it, and a list that others use stays as it is", async () => {
    const producers: never[] = [];
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: producers });
    reading([reader]);
    expect(producers).toEqual([]);
  });
});

test("without a reader nothing is counted", () => {
  expect(reading([]).counts.isOn).toBe(false);
});

describe("a provider of which we do not know the readers", () => {
  /** As a wrapper of another vendor: the API and nothing else. */
  const wrapped = { provider: (provider: MeterProvider) => ({ getMeter: provider.getMeter.bind(provider) }) };

  test("gets the counters as they are, and durations recorded anew, each once for all readers", async () => {
    const [one, other] = [periodic(), periodic()];
    const { counts, said } = reading([one.reader, other.reader], wrapped);
    expect(counts.isOn).toBe(true);
    expect(said).toHaveLength(1);
    countSome(counts);
    await one.read();
    for (let i = 0; i < 5_000; i++) counts.fromService('che"ckout', false).server.add(0.3);
    await Promise.all([one.read(), other.read()]);
    for (const { read } of [one, other]) {
      const data = ours(await read());
      expect(data.traces_service_graph_request_total?.dataPoints[0]?.value).toBe(6);
      expect(data.traces_service_graph_request_server_seconds?.dataPoints).toMatchObject([
        {
          attributes: { client: 'che"ckout', server: "shop", connection_type: "" },
          value: {
            count: 5_006,
            buckets: {
              boundaries: CONNECTOR_BOUNDS,
              counts: [2, 0, 0, 0, 0, 1, 0, 0, 5_002, 0, 0, 0, 0, 0, 0, 0, 1],
            },
          },
        },
      ]);
      expect(data["error_tree.edge.context"]?.dataPoints).toHaveLength(6);
    }
  });
});

test("a provider whose fields throw is an error of ours, and no one else's", () => {
  const failures: unknown[] = [];
  const hostile = {
    get _sharedState(): never {
      throw new Error("mine");
    },
  };
  beginReading(hostile, {} as Meter, {
    counts: new FlowCounts(),
    now: () => NOW,
    settled: async () => {},
    isClosing: () => false,
    failed: (error) => void failures.push(error),
    say: () => {},
  });
  expect(failures).toHaveLength(1);
});
