// A real Collector with one of our pipelines.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Undo } from "../program/undo.ts";
import { CONFIGURATIONS, PROGRAMS } from "../tools/files.ts";
import type { Pipeline } from "../tools/pipelines.ts";
import { answers, type Daemon, startDaemon } from "./daemon.ts";
import { freePorts, HOST } from "./free-ports.ts";
import { readMetrics, type Samples } from "./samples.ts";

/** How a Collector is started. */
export interface CollectorOptions {
  /** Absent: common.yaml alone, to which `overrides` adds pipelines. */
  readonly pipeline?: Pipeline | undefined;
  /** A folder of its own: queue on disk, log. */
  readonly folder: string;
  readonly undo: Undo;
  /** @default the pipeline, or "collector" */
  readonly name?: string;
  /** What the configuration takes from the environment, as JAEGER_ENDPOINT. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Read after these files; what it says holds. */
  readonly overrides?: object;
}

/** Starts a Collector on free ports and waits until it is healthy. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { pipeline, folder, undo, name = pipeline ?? "collector", environment, overrides } = options;
  const ports = await freePorts("grpc", "http", "health", "metrics", "prometheus");
  const files = ["common", ...(pipeline === undefined ? [] : [pipeline])].map((file) =>
    join(CONFIGURATIONS, `${file}.yaml`),
  );
  mkdirSync(folder, { recursive: true });
  if (overrides !== undefined) {
    const file = join(folder, "overrides.yaml");
    writeFileSync(file, stringify(overrides));
    files.push(file);
  }
  const health = `${HOST}:${ports.health}`;
  const daemon = await startDaemon(
    {
      name,
      program: PROGRAMS.collector,
      args: files.map((file) => `--config=${file}`),
      environment: {
        OTLP_GRPC_ENDPOINT: `${HOST}:${ports.grpc}`,
        OTLP_HTTP_ENDPOINT: `${HOST}:${ports.http}`,
        HEALTH_ENDPOINT: health,
        METRICS_HOST: HOST,
        METRICS_PORT: String(ports.metrics),
        PROMETHEUS_ENDPOINT: `${HOST}:${ports.prometheus}`,
        STORAGE_DIRECTORY: join(folder, "queue"),
        ...environment,
      },
      folder,
      isReady: () => answers(`http://${health}/`),
    },
    undo,
  );
  return new Collector(daemon, ports);
}

/** A Collector on ports that stay the same when it is started again. */
export class Collector {
  /** To stop, kill, start again. */
  readonly daemon: Daemon;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otlpHttp: string;
  /** `host:port`, for other Collectors. */
  readonly otlpGrpc: string;
  /** `host:port` of its own metrics. */
  readonly ownMetrics: string;
  /** `host:port` of the metrics of services and spans. */
  readonly servicesMetrics: string;

  constructor(daemon: Daemon, ports: Readonly<Record<"grpc" | "http" | "metrics" | "prometheus", number>>) {
    this.daemon = daemon;
    this.otlpHttp = `http://${HOST}:${ports.http}`;
    this.otlpGrpc = `${HOST}:${ports.grpc}`;
    this.ownMetrics = `${HOST}:${ports.metrics}`;
    this.servicesMetrics = `${HOST}:${ports.prometheus}`;
  }

  /** Its own metrics at this moment. */
  metrics(): Promise<Samples> {
    return readMetrics(`http://${this.ownMetrics}/metrics`);
  }
}
