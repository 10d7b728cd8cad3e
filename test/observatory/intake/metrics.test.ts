import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AggregationTemporality, DataPointType, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogHistogram } from "../../../src/observatory/graph/log-histogram.ts";
import type { FoundPoint, MetricSink } from "../../../src/otlp/metric-point.ts";
import { readResourceMetrics } from "../../../src/otlp/read-metrics-json.ts";
import { readMetricsProtobuf } from "../../../src/otlp/read-metrics-protobuf.ts";
import { atOnce } from "../../../src/otlp/work.ts";
import { COLLECTOR_METRICS } from "./collector-bytes.ts";
import { attribute, newIntake, pictureOf, START } from "./taking.ts";

const REQUESTS = "traces_service_graph_request_total";
const FAILED = "traces_service_graph_request_failed_total";
const COARSE = "traces_service_graph_request_server_seconds";
const EXACT = "error_tree.edge.server.duration";

const EDGE = { client: "shop", server: "bank", connection_type: "" };

interface Values {
  readonly service?: string;
  readonly start?: number;
  readonly time?: number;
  readonly temporality?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

function document(metrics: readonly object[], service = "bank"): unknown {
  const resource = { attributes: [attribute("service.name", service)] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] };
}

function metric(name: string, data: string, point: object, values: Values = {}): object {
  const { start = START, time = START + 5_000, temporality = 2, labels = EDGE } = values;
  const dataPoint = {
    attributes: Object.entries(labels).map(([key, value]) => attribute(key, value)),
    startTimeUnixNano: `${start}000000`,
    timeUnixNano: `${time}000000`,
    ...point,
  };
  return { name, unit: "s", [data]: { aggregationTemporality: temporality, dataPoints: [dataPoint] } };
}

const sum = (name: string, value: unknown, values?: Values): object =>
  metric(name, "sum", { asInt: value }, values);

describe("flow metrics", () => {
  it("as a Collector writes them make an edge", () => {
    const intake = newIntake();
    expect(atOnce(intake.metricsProtobuf(COLLECTOR_METRICS))).toEqual({ rejected: 0 });
    const picture = pictureOf(intake);
    expect(picture.edges).toMatchObject([
      {
        ...{
          client: "shop",
          server: "bank",
          connectionType: "",
          requests: 10,
          failures: 3,
          isInferred: false,
        },
        context: { arrived: 9, missing: 1, foreign: 0 },
      },
    ]);
    // Of the exponential histogram: its bucket -28 is the one from 0.088 to 0.096 s.
    expect(picture.edges[0]?.durations.p50).toBeCloseTo(0.092, 2);
    expect(picture.nodes.map(({ name, kind, lastSeen }) => [name, kind, lastSeen])).toEqual([
      ["bank", "service", START + 5_000],
      ["shop", "service", undefined],
    ]);
  });

  it("in JSON are read in the same way, with numbers as texts or not", () => {
    const intake = newIntake();
    const histogram = {
      count: "10",
      sum: 1.5,
      scale: 3,
      zeroCount: "0",
      positive: { offset: -30, bucketCounts: ["4", 0, "5", 1] },
    };
    atOnce(
      intake.metricsJson(
        document([sum(REQUESTS, "10"), sum(FAILED, 3), metric(EXACT, "exponentialHistogram", histogram)]),
      ),
    );
    const other = newIntake();
    atOnce(other.metricsProtobuf(COLLECTOR_METRICS));
    const [edge] = pictureOf(intake).edges;
    expect({ ...edge, context: undefined }).toEqual({ ...pictureOf(other).edges[0], context: undefined });
  });

  it("with an explicit histogram alone have durations as wide as its buckets, which count less than exact ones", () => {
    const coarse = metric(COARSE, "histogram", {
      count: "10",
      sum: 1.5,
      bucketCounts: ["0", "10", "0"],
      explicitBounds: [0.1, 0.4],
    });
    const intake = newIntake();
    atOnce(intake.metricsJson(document([sum(REQUESTS, 10), coarse])));
    expect(pictureOf(intake).edges[0]?.durations.p50).toBeCloseTo(0.2, 1);
    const exact = { scale: 3, zeroCount: 10, positive: {} };
    atOnce(intake.metricsJson(document([metric(EXACT, "exponentialHistogram", exact)])));
    expect(pictureOf(intake).edges[0]?.durations.p50).toBeLessThan(1e-5);
  });

  it("with explicit histograms add up bucket by bucket, however their counts are spread over ours", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 8 }),
        (steps) => {
          const intake = newIntake();
          const totals = [0, 0, 0];
          for (const [i, step] of steps.entries()) {
            for (const [at, more] of step.entries()) totals[at] = (totals[at] ?? 0) + more;
            const values = { bucketCounts: totals, explicitBounds: [0.1, 0.4] };
            atOnce(
              intake.metricsJson(
                document([metric(COARSE, "histogram", values, { time: START + 1_000 + i })]),
              ),
            );
          }
          const counted = new LogHistogram();
          for (const { counts } of intake.counts.cells()) counted.merge(counts.server);
          const [low = 0, middle = 0, high = 0] = totals;
          expect(counted.atMost([0.1, 0.4, 1_000])).toEqual([low, low + middle, low + middle + high]);
        },
      ),
    );
  });

  it("of another scale fall into the bucket in which their middle lies", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -4, max: 12 }),
        fc.double({ min: -10, max: 10, noNaN: true }),
        (scale, power) => {
          const offset = Math.ceil(power * 2 ** scale) - 1;
          const intake = newIntake();
          const histogram = { scale, positive: { offset, bucketCounts: [1] } };
          atOnce(
            intake.metricsJson(
              document([sum(REQUESTS, 1), metric(EXACT, "exponentialHistogram", histogram)]),
            ),
          );
          const expected = new LogHistogram();
          expected.add(2 ** ((offset + 0.5) / 2 ** scale));
          expect(pictureOf(intake).edges[0]?.durations.p50).toBe(expected.quantile(0.5));
        },
      ),
    );
  });

  it("count nothing if nothing is new", () => {
    const intake = newIntake();
    for (const time of [5_000, 25_000, 15_000])
      atOnce(intake.metricsJson(document([sum(REQUESTS, 10, { time: START + time })])));
    expect(pictureOf(intake).edges).toMatchObject([{ requests: 10 }]);
    expect(intake.counts.size).toBe(1);
  });

  it("that say that no value was recorded count nothing and are not wrong", () => {
    const intake = newIntake();
    const counted = (count: number, time: number, stale?: object): void => {
      const values = { time: START + time };
      const counts = { bucketCounts: stale ? [0, 0, 0] : [count, 0, 0], explicitBounds: [0.1, 0.4] };
      const exact = { scale: 3, zeroCount: 0, positive: { bucketCounts: stale ? [] : [count] } };
      const metrics = [
        metric(REQUESTS, "sum", stale ?? { asInt: count }, values),
        metric(COARSE, "histogram", { ...counts, ...stale }, values),
        metric(EXACT, "exponentialHistogram", { ...exact, ...stale }, values),
      ];
      atOnce(intake.metricsJson(document(metrics)));
    };
    counted(10, 5_000);
    counted(10, 20_000, { flags: 1 });
    counted(11, 35_000);
    expect(pictureOf(intake).edges).toMatchObject([{ requests: 11 }]);
    const durations = new LogHistogram();
    for (const { counts } of intake.counts.cells()) durations.merge(counts.server);
    // Both histograms.
    expect(durations.count).toBe(2 * 11);
    expect(intake.report.unread.count).toBe(0);
  });

  it("of two processes of one service add up", () => {
    const intake = newIntake();
    for (const start of [START, START + 1]) {
      atOnce(intake.metricsJson(document([sum(REQUESTS, 10, { start })])));
      atOnce(intake.metricsJson(document([sum(REQUESTS, 12, { start, time: START + 15_000 })])));
    }
    expect(pictureOf(intake).edges).toMatchObject([{ requests: 24 }]);
  });

  it("that are wrong are told, and all others count", () => {
    const intake = newIntake();
    const wrong: object[] = [
      ...[-1, "NaN", "Infinity", 2 ** 60, null, {}].map((value) => sum(REQUESTS, value)),
      sum(REQUESTS, 1, { labels: { client: "a" } }),
      sum(REQUESTS, 1, { labels: { server: "a" } }),
      sum(REQUESTS, 1, { time: 0 }),
      metric(COARSE, "histogram", { bucketCounts: [1, 2], explicitBounds: [1, 2, 3] }),
      metric(COARSE, "histogram", { bucketCounts: [1, 2, 3], explicitBounds: [2, 1] }),
      metric(COARSE, "histogram", { bucketCounts: [1, -2], explicitBounds: [2] }),
      metric(COARSE, "histogram", { bucketCounts: Array(2_000).fill(1), explicitBounds: [] }),
      metric(EXACT, "exponentialHistogram", { scale: 99, positive: { offset: 0, bucketCounts: [1] } }),
      metric(EXACT, "exponentialHistogram", { scale: 3, positive: { offset: 0.5, bucketCounts: [1] } }),
    ];
    atOnce(intake.metricsJson(document(wrong)));
    const { count, first } = intake.report.unread;
    expect(count).toBe(wrong.length);
    expect(first).toContain(REQUESTS);
    atOnce(intake.metricsJson(document([sum(REQUESTS, 1)])));
    expect(pictureOf(intake).edges).toMatchObject([{ requests: 1 }]);
  });

  it("that name an edge by the keys of objects and by markup have those names", () => {
    const intake = newIntake();
    const labels = {
      client: "__proto__",
      server: "<img src=x onerror=alert(1)>",
      connection_type: "constructor",
    };
    atOnce(intake.metricsJson(document([sum(REQUESTS, 1, { labels })], "toString")));
    expect(pictureOf(intake).edges).toMatchObject([
      { client: "__proto__", server: labels.server, connectionType: "" },
    ]);
  });

  it("never throw, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(COLLECTOR_METRICS.length), (noise, at) => {
        const intake = newIntake();
        atOnce(intake.metricsProtobuf(Buffer.from(noise)));
        const bytes = Buffer.from(COLLECTOR_METRICS);
        bytes.set(noise.subarray(0, bytes.length - at), at);
        atOnce(intake.metricsProtobuf(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (json) => void atOnce(newIntake().metricsJson(JSON.parse(json)))),
    );
  });
});

class Points implements MetricSink {
  readonly points: FoundPoint[] = [];

  wants(): boolean {
    return true;
  }

  point(point: FoundPoint): void {
    this.points.push(point);
  }
}

const ATTRIBUTES = fc.dictionary(
  fc.constantFrom("client", "server", "other"),
  fc.string({ unit: "grapheme" }),
);
const COUNT = fc.nat(1_000_000);

/** What the SDK exports. */
const EXPORT: fc.Arbitrary<ResourceMetrics> = fc
  .record({
    attributes: ATTRIBUTES,
    resource: ATTRIBUTES,
    start: fc.nat(4_000_000_000),
    time: fc.nat(4_000_000_000),
    temporality: fc.constantFrom(AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA),
    sum: COUNT,
    counts: fc.array(COUNT, { minLength: 1, maxLength: 20 }),
    offset: fc.integer({ min: -100, max: 100 }),
    scale: fc.integer({ min: -10, max: 20 }),
  })
  .map(({ attributes, resource, start, time, temporality, sum: value, counts, offset, scale }) => {
    const of = (name: string, dataPointType: DataPointType, pointValue: unknown): object => ({
      descriptor: { name, description: "", unit: "s", valueType: 0 },
      aggregationTemporality: temporality,
      dataPointType,
      dataPoints: [{ startTime: [start, 1_000], endTime: [time, 5_000], attributes, value: pointValue }],
      isMonotonic: true,
    });
    const boundaries = counts.slice(1).map((_, i) => i);
    const metrics = [
      of("sum", DataPointType.SUM, value),
      of("histogram", DataPointType.HISTOGRAM, { buckets: { boundaries, counts }, count: 1, sum: value }),
      of("exponential", DataPointType.EXPONENTIAL_HISTOGRAM, {
        ...{ count: 1, sum: value, scale, zeroCount: 7 },
        positive: { offset, bucketCounts: counts },
        negative: { offset: 0, bucketCounts: [] },
      }),
    ];
    return {
      resource: resourceFromAttributes({ "service.name": "s", ...resource }),
      scopeMetrics: [{ scope: { name: "scope" }, metrics }],
    } as unknown as ResourceMetrics;
  });

/** A field of protobuf: a number as a varint, else bytes. */
function field(number: number, value: number | Buffer): Buffer {
  if (typeof value === "number") return Buffer.from([number << 3, value]);
  return Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]);
}

describe("the readers of metrics", () => {
  it.each([
    ["sum", 7, 8],
    ["histogram", 9, 10],
    ["exponential histogram", 10, 10],
  ])("find in protobuf that a point has no value: %s", (_, data, flags) => {
    const written = (...fields: Buffer[]): Buffer => {
      const named = [field(1, Buffer.from("name")), field(data, field(1, Buffer.concat(fields)))];
      return field(1, field(2, field(2, Buffer.concat(named))));
    };
    const value = Buffer.concat([Buffer.from([0x31]), Buffer.alloc(8)]);
    const points = new Points();
    for (const bytes of [written(value, field(flags, 1)), written(field(flags, 1))])
      expect(atOnce(readMetricsProtobuf(bytes, points))).toEqual({ unread: 0, broken: false });
    expect(points.points).toEqual([]);
    expect(atOnce(readMetricsProtobuf(written(value, field(flags, 2)), points)).unread).toBe(0);
    expect(points.points).toHaveLength(1);
  });

  it("find in what the SDK's serializers write the same points, in protobuf and in JSON", () => {
    fc.assert(
      fc.property(EXPORT, (exported) => {
        const [fromProtobuf, fromJson] = [new Points(), new Points()];
        const bytes = Buffer.from(ProtobufMetricsSerializer.serializeRequest(exported) as Uint8Array);
        expect(atOnce(readMetricsProtobuf(bytes, fromProtobuf))).toEqual({ unread: 0, broken: false });
        const json = JSON.parse(
          Buffer.from(JsonMetricsSerializer.serializeRequest(exported) as Uint8Array).toString(),
        );
        for (const one of json.resourceMetrics) expect(atOnce(readResourceMetrics(one, fromJson))).toBe(0);
        expect(fromProtobuf.points).toHaveLength(3);
        expect(fromProtobuf.points).toEqual(fromJson.points);
      }),
    );
  });
});
