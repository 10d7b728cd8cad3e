// A metric reader that collects when it is told to, and the edges of the flow graph in what it has collected.
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";

/** Collects when it is read. */
export class KeptMetrics extends PeriodicExportingMetricReader {
  constructor() {
    super({
      exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
      exportIntervalMillis: 2 ** 31 - 1,
    });
  }

  async read(): Promise<ResourceMetrics> {
    return (await this.collect()).resourceMetrics;
  }
}

/** What each edge has counted, as `user -> shop (virtual_node): requests 1, foreign 1`; zeros are left out. */
export function edgesIn({ scopeMetrics }: ResourceMetrics): string[] {
  const edges = new Map<string, string[]>();
  for (const { descriptor, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
    for (const { attributes, value } of dataPoints) {
      const { client, server, connection_type: type, state } = attributes;
      const what = NAMES[descriptor.name] ?? state;
      const count = typeof value === "number" ? value : value.count;
      if (client === undefined || what === undefined) continue;
      const name = `${client} -> ${server} (${type})`;
      const counted = edges.get(name) ?? [];
      edges.set(name, counted);
      if (count !== 0) counted.push(`${what} ${count}`);
    }
  }
  return [...edges].map(([name, counted]) => `${name}: ${counted.join(", ")}`).sort();
}

const NAMES: Readonly<Record<string, string>> = {
  traces_service_graph_request_total: "requests",
  traces_service_graph_request_failed_total: "failures",
  traces_service_graph_request_server_seconds: "server",
  traces_service_graph_request_client_seconds: "client",
};
