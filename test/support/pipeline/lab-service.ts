// A service of the lab as a process that exports to a Collector.
import { join } from "node:path";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { answers, type Daemon, startDaemon } from "../../../collector-config/run/daemon.ts";
import { freePorts, HOST } from "../../../collector-config/run/free-ports.ts";
import { ROOT } from "../../../collector-config/tools/files.ts";

const LAB = join(ROOT, "examples", "lab");

/** How a service is started; `dist/` has to be built. */
export interface LabServiceOptions {
  readonly name: string;
  /** Where its log is written. */
  readonly folder: string;
  readonly undo: Undo;
  /** A Collector's `otlpHttp`. */
  readonly otlpHttp: string;
  /** Services that it calls for every request. */
  readonly downstreams?: readonly LabService[];
  /** Further settings, as SHOULD_FAIL: examples/lab/README.md. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One answer. */
export interface Answered {
  readonly status: number;
  readonly traceId: string;
}

/** Starts a service on a free port; head sampling at 0 %, metrics every half second. */
export async function startLabService(options: LabServiceOptions): Promise<LabService> {
  const { name, folder, undo, otlpHttp, downstreams = [], environment } = options;
  const { port } = await freePorts("port");
  const url = `http://${HOST}:${port}`;
  const daemon = await startDaemon(
    {
      name,
      program: process.execPath,
      args: ["--import", join(LAB, "otel.ts"), join(LAB, "service.ts")],
      environment: {
        SERVICE_NAME: name,
        HOST,
        PORT: String(port),
        DOWNSTREAMS: downstreams.map((service) => service.url).join(","),
        OTEL_EXPORTER_OTLP_ENDPOINT: otlpHttp,
        OTEL_METRICS_EXPORTER: "otlp",
        OTEL_METRIC_EXPORT_INTERVAL: "500",
        OTEL_METRIC_EXPORT_TIMEOUT: "400",
        OTEL_LOGS_EXPORTER: "none",
        OTEL_LOG_LEVEL: "error",
        ...environment,
      },
      folder,
      // With this header nobody fails, and nothing is exported.
      isReady: () => answers(url, { "x-error-bypass": "true" }),
    },
    undo,
  );
  return new LabService(daemon, url);
}

/** A running service. */
export class LabService {
  readonly daemon: Daemon;
  readonly url: string;

  constructor(daemon: Daemon, url: string) {
    this.daemon = daemon;
    this.url = url;
  }

  /** Sends it a request, as a client that knows nothing of OpenTelemetry. */
  async ask(): Promise<Answered> {
    const response = await fetch(this.url, { signal: AbortSignal.timeout(30_000) });
    const { trace } = (await response.json()) as { trace: string };
    return { status: response.status, traceId: trace };
  }
}
