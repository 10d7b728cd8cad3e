// Makes what an observatory is sent, and knows what it has to have counted after it.
import { ProtobufMetricsSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { unrecordedSpan } from "../../../src/spans/written-span.ts";

/** One kind of thing that is sent. */
export interface Kind {
  readonly path: string;
  readonly type: string;
  /** Events, spans or points in one body. */
  readonly size: number;
  /** Requests of the graph that one body tells of. */
  readonly requests: number;
  body(index: number): Buffer;
}

type Nanos = [seconds: number, nanos: number];

const TOKENS = 250;
const HOPS = 4;
/** Places along a token's way, each one of ten nodes. */
const NODES = 10;

const plain: Kind = {
  path: "/v1/events",
  type: "application/x-ndjson",
  size: TOKENS * HOPS,
  requests: TOKENS * (HOPS - 1),
  body(index) {
    const now = Date.now();
    const lines: string[] = [];
    for (let token = 0; token < TOKENS; token++) {
      for (let hop = 0; hop < HOPS; hop++) {
        const node = `n${hop}-${(token + hop) % NODES}`;
        const failed = hop > 0 && token % 50 === 0;
        lines.push(JSON.stringify({ node, token: `${index}-${token}`, time: now + hop, failed }));
      }
    }
    return Buffer.from(lines.join("\n"));
  },
};

const TRACES = 100;
/** The root, its call, who answers it, and a query. */
const SPANS_OF_TRACE = 4;

const spans: Kind = {
  path: "/v1/traces",
  type: "application/x-protobuf",
  size: TRACES * SPANS_OF_TRACE,
  requests: TRACES * 3,
  body(index) {
    const now = Date.now();
    const all = Array.from({ length: TRACES }, (_, i) => traceOf(index * TRACES + i, now)).flat();
    return Buffer.from(ProtobufTraceSerializer.serializeRequest(all) as Uint8Array);
  },
};

const RESOURCES = new Map<string, ReadableSpan["resource"]>();

function resource(service: string): ReadableSpan["resource"] {
  const known = RESOURCES.get(service) ?? resourceFromAttributes({ "service.name": service });
  RESOURCES.set(service, known);
  return known;
}

function traceOf(index: number, now: number): ReadableSpan[] {
  const traceId = `7${index.toString(16).padStart(31, "0")}`;
  const [caller, callee] = [`shop-${index % NODES}`, `bank-${index % 7}`];
  const route = {
    "http.request.method": "GET",
    "http.route": "/orders/:id",
    "http.response.status_code": 200,
  };
  const host = { "server.address": "db.internal", "server.port": 5432, "db.system.name": "postgresql" };
  const span = (
    id: number,
    parent: number,
    kind: number,
    service: string,
    attributes: object,
  ): ReadableSpan =>
    unrecordedSpan({
      context: { traceId, spanId: idOf(id), traceFlags: 1 },
      parentSpanContext: parent === 0 ? undefined : { traceId, spanId: idOf(parent), traceFlags: 1 },
      name: "GET /orders/:id",
      kind,
      startTime: nanosOf(now - 20 + id),
      endTime: nanosOf(now - id),
      attributes,
      status: { code: 0 },
      resource: resource(service),
    } as never) as unknown as ReadableSpan;
  return [
    span(1, 0, 1, caller, route),
    span(2, 1, 2, caller, { ...route, "server.address": "bank.internal" }),
    span(3, 2, 1, callee, route),
    span(4, 3, 2, callee, host),
  ];
}

function idOf(id: number): string {
  return `b${id.toString(16).padStart(15, "0")}`;
}

function nanosOf(ms: number): Nanos {
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6];
}

/** Points of a body: requests, failures and an exponential histogram of each edge. */
const EDGES = 100;
const POINTS_OF_EDGE = 3;

const metrics: Kind = {
  path: "/v1/metrics",
  type: "application/x-protobuf",
  size: EDGES * POINTS_OF_EDGE,
  requests: EDGES * 10,
  body(index) {
    // Each body is of a service of its own that has just begun, every tenth of one that goes on.
    const [service, step] = [Math.floor(index / 10), (index % 10) + 1];
    const point = (value: unknown): object[] =>
      Array.from({ length: EDGES }, (_, edge) => ({
        startTime: nanosOf(START_MS),
        endTime: nanosOf(START_MS + step),
        attributes: { client: `shop-${edge}`, server: `bank-${service % 20}`, connection_type: "" },
        value,
      }));
    const metric = (name: string, dataPointType: number, value: unknown): object => ({
      descriptor: { name, description: "", unit: "s", valueType: 0 },
      ...{ aggregationTemporality: 1, dataPointType, dataPoints: point(value), isMonotonic: true },
    });
    const histogram = {
      ...{ count: 10 * step, sum: step, scale: 3, zeroCount: 0 },
      positive: {
        offset: -40,
        bucketCounts: Array(30)
          .fill(0)
          .map((_, i) => (i % 3 === 0 ? step : 0)),
      },
      negative: { offset: 0, bucketCounts: [] },
    };
    const exported = {
      resource: resourceFromAttributes({
        "service.name": `bank-${service % 20}`,
        "service.instance.id": String(service),
      }),
      scopeMetrics: [
        {
          scope: { name: "otel-error-tree" },
          metrics: [
            metric("traces_service_graph_request_total", 3, 10 * step),
            metric("traces_service_graph_request_failed_total", 3, step),
            metric("error_tree.edge.server.duration", 1, histogram),
          ],
        },
      ],
    };
    return Buffer.from(
      ProtobufMetricsSerializer.serializeRequest(exported as unknown as ResourceMetrics) as Uint8Array,
    );
  },
};

const START_MS = Date.now();

/** All kinds, by name. */
export const KINDS: Readonly<Record<string, Kind>> = { plain, spans, metrics };
