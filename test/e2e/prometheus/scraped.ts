// Serves counters of edges as a service would, for a Prometheus to scrape.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { CONNECTOR_BOUNDS } from "../../../src/observatory/graph/connector-bounds.ts";

interface Edge {
  readonly client: string;
  readonly server: string;
  readonly connectionType: string;
  readonly side: "server" | "client";
  /** Whose process has counted, if it is another one than the one that is scraped. */
  readonly process: string | undefined;
  requests: number;
  failures: number;
  /** Durations in seconds. */
  readonly durations: number[];
  arrived: number;
}

/** A service, as its metrics are seen from outside. */
export class Scraped {
  port = 0;
  #edges: Edge[] = [];

  static async start(undo: Undo): Promise<Scraped> {
    const scraped = new Scraped();
    const server = createServer((_, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(scraped.#text());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await undo.add(() => void server.close());
    scraped.port = (server.address() as AddressInfo).port;
    return scraped;
  }

  /** An edge that is there from now on; nothing has gone along it. */
  edge(
    client: string,
    server: string,
    {
      connectionType = "",
      side = "server",
      process,
    }: Partial<Pick<Edge, "connectionType" | "side" | "process">> = {},
  ): Edge {
    const counts = { requests: 0, failures: 0, durations: [], arrived: 0 };
    const edge = { client, server, connectionType, side, process, ...counts };
    this.#edges.push(edge);
    return edge;
  }

  /** The process has ended, and another one has begun. */
  restart(): void {
    this.#edges = [];
  }

  #text(): string {
    const lines: string[] = [];
    for (const edge of this.#edges) {
      const { client, server, connectionType, side, process, requests, failures, durations, arrived } = edge;
      const whose = process === undefined ? "" : `,job="${process}",instance="1"`;
      const labels = `client="${client}",server="${server}",connection_type="${connectionType}"${whose}`;
      const name = `traces_service_graph_request`;
      lines.push(`${name}_total{${labels}} ${requests}`);
      if (failures > 0) lines.push(`${name}_failed_total{${labels}} ${failures}`);
      for (const bound of [...CONNECTOR_BOUNDS, Number.POSITIVE_INFINITY]) {
        const count = durations.filter((one) => one <= bound).length;
        lines.push(
          `${name}_${side}_seconds_bucket{${labels},le="${bound === Number.POSITIVE_INFINITY ? "+Inf" : bound}"} ${count}`,
        );
      }
      lines.push(`${name}_${side}_seconds_count{${labels}} ${durations.length}`);
      lines.push(`error_tree_edge_context_total{${labels},state="arrived"} ${arrived}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** Requests go along an edge. */
export function goAlong(edge: Edge, requests: number, failures: number, seconds: number): void {
  edge.requests += requests;
  edge.failures += failures;
  edge.arrived += requests;
  for (let i = 0; i < requests; i++) edge.durations.push(seconds);
}
