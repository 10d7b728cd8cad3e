// A service of the lab as a process that exports to a Collector.
import type { Undo } from "../../../collector-config/program/undo.ts";
import { NodeProcess } from "../process/node-process.ts";

const SERVICE = new URL("../../../examples/lab/service.ts", import.meta.url);
const OTEL = new URL("../../../examples/lab/otel.ts", import.meta.url);

/** How a service is started; `dist/` has to be built. */
export interface LabServiceOptions {
  readonly name: string;
  readonly undo: Undo;
  /** A Collector's `otlpHttp`. */
  readonly otlpHttp: string;
  /** Services that it calls for every request. */
  readonly downstreams?: readonly NodeProcess[];
  /** Further settings, as SHOULD_FAIL: examples/lab/README.md. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One answer. */
export interface Answered {
  readonly status: number;
  readonly traceId: string;
}

/** Starts a service on a free port; head sampling at 0 %, metrics every half second. */
export function startLabService(options: LabServiceOptions): Promise<NodeProcess> {
  const { name, undo, otlpHttp, downstreams = [], environment } = options;
  return NodeProcess.listening(
    SERVICE,
    {
      name,
      imports: [OTEL],
      undo,
      env: {
        SERVICE_NAME: name,
        HOST: "127.0.0.1",
        PORT: "0",
        DOWNSTREAMS: downstreams.map((service) => service.url).join(","),
        OTEL_EXPORTER_OTLP_ENDPOINT: otlpHttp,
        OTEL_METRICS_EXPORTER: "otlp",
        OTEL_METRIC_EXPORT_INTERVAL: "500",
        OTEL_METRIC_EXPORT_TIMEOUT: "400",
        OTEL_LOGS_EXPORTER: "none",
        OTEL_LOG_LEVEL: "error",
        ...environment,
      },
    },
    "listening",
  );
}

/** Sends it a request, as a client that knows nothing of OpenTelemetry. */
export async function askLabService({ url }: NodeProcess): Promise<Answered> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  const { trace } = (await response.json()) as { trace: string };
  return { status: response.status, traceId: trace };
}
