// A real Jaeger.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Undo } from "../program/undo.ts";
import { CONFIGURATIONS, PROGRAMS } from "../tools/files.ts";
import type { Store } from "../tools/pipelines.ts";
import { answers, type Daemon, startDaemon } from "./daemon.ts";
import { freePorts, HOST } from "./free-ports.ts";

/** How a Jaeger is started. */
export interface JaegerOptions {
  /** A folder of its own: Badger's data, log. */
  readonly folder: string;
  readonly undo: Undo;
  /** @default "memory" */
  readonly store?: Store;
  /** Base URL of an OTLP endpoint to which it hands on all traces, and metrics, which it does not keep itself. */
  readonly also?: string | undefined;
}

/** Starts a Jaeger on free ports and waits until it is healthy. */
export async function startJaeger({ folder, undo, store = "memory", also }: JaegerOptions): Promise<Jaeger> {
  const ports = await freePorts("grpc", "http", "health", "metrics", "query", "queryGrpc");
  const files = ["jaeger.yaml", `stores/${store}.yaml`].map((file) => join(CONFIGURATIONS, file));
  if (also !== undefined) {
    const file = join(folder, "also.yaml");
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, stringify(handingOn(also)));
    files.push(file);
  }
  const daemon = await startDaemon(
    {
      name: "jaeger",
      program: PROGRAMS.jaeger,
      args: files.map((file) => `--config=${file}`),
      environment: {
        OTLP_GRPC_ENDPOINT: `${HOST}:${ports.grpc}`,
        OTLP_HTTP_ENDPOINT: `${HOST}:${ports.http}`,
        HEALTH_ENDPOINT: `${HOST}:${ports.health}`,
        QUERY_HTTP_ENDPOINT: `${HOST}:${ports.query}`,
        QUERY_GRPC_ENDPOINT: `${HOST}:${ports.queryGrpc}`,
        METRICS_HOST: HOST,
        METRICS_PORT: String(ports.metrics),
        BADGER_DIRECTORY: join(folder, "badger"),
      },
      folder,
      isReady: () => answers(`http://${HOST}:${ports.health}/status`),
    },
    undo,
  );
  return new Jaeger(daemon, ports);
}

/** What a configuration has to say beyond jaeger.yaml; a list in it replaces the one there. */
export function handingOn(endpoint: string): object {
  const exporter = "otlphttp/also";
  return {
    exporters: { [exporter]: { endpoint, tls: { insecure: true }, compression: "none" } },
    service: {
      pipelines: {
        traces: { exporters: ["jaeger_storage_exporter", exporter] },
        metrics: { receivers: ["otlp"], processors: ["memory_limiter"], exporters: [exporter] },
      },
    },
  };
}

/** A Jaeger on ports that stay the same when it is started again. */
export class Jaeger {
  /** To stop, kill, start again. */
  readonly daemon: Daemon;
  /** `host:port`, for Collectors. */
  readonly otlpGrpc: string;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otlpHttp: string;
  /** `host:port` of its own metrics. */
  readonly ownMetrics: string;
  /** Base URL of the query API. */
  readonly queryUrl: string;

  constructor(daemon: Daemon, ports: Readonly<Record<"grpc" | "http" | "query" | "metrics", number>>) {
    this.daemon = daemon;
    this.otlpGrpc = `${HOST}:${ports.grpc}`;
    this.otlpHttp = `http://${HOST}:${ports.http}`;
    this.ownMetrics = `${HOST}:${ports.metrics}`;
    this.queryUrl = `http://${HOST}:${ports.query}`;
  }
}
