// A real Jaeger.
import { join } from "node:path";
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
}

/** Starts a Jaeger on free ports and waits until it is healthy. */
export async function startJaeger({ folder, undo, store = "memory" }: JaegerOptions): Promise<Jaeger> {
  const ports = await freePorts("grpc", "http", "health", "metrics", "query", "queryGrpc");
  const files = ["jaeger.yaml", `stores/${store}.yaml`].map((file) => join(CONFIGURATIONS, file));
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

/** A Jaeger on ports that stay the same when it is started again. */
export class Jaeger {
  /** To stop, kill, start again. */
  readonly daemon: Daemon;
  /** `host:port`, for Collectors. */
  readonly otlpGrpc: string;
  /** `host:port` of its own metrics. */
  readonly ownMetrics: string;
  /** Base URL of the query API. */
  readonly queryUrl: string;

  constructor(daemon: Daemon, ports: Readonly<Record<"grpc" | "query" | "metrics", number>>) {
    this.daemon = daemon;
    this.otlpGrpc = `${HOST}:${ports.grpc}`;
    this.ownMetrics = `${HOST}:${ports.metrics}`;
    this.queryUrl = `http://${HOST}:${ports.query}`;
  }
}
