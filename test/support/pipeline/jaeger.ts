// A real Jaeger, and what it answers about a trace.
import { join } from "node:path";
import { CONFIGURATIONS, PROGRAMS } from "../../../collector-config/tools/files.ts";
import type { Store } from "../../../collector-config/tools/pipelines.ts";
import type { Undo } from "../program/undo.ts";
import { answers, type Daemon, startDaemon } from "./daemon.ts";
import { freePorts, HOST } from "./free-ports.ts";
import { until } from "./until.ts";

/** How a Jaeger is started. */
export interface JaegerOptions {
  /** A folder of its own: Badger's data, log. */
  readonly folder: string;
  readonly undo: Undo;
  /** @default "memory" */
  readonly store?: Store;
}

/** A span as the query API tells it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent on a root. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly service: string;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly message: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
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
  readonly #query: string;

  constructor(daemon: Daemon, ports: Readonly<Record<"grpc" | "query" | "metrics", number>>) {
    this.daemon = daemon;
    this.otlpGrpc = `${HOST}:${ports.grpc}`;
    this.ownMetrics = `${HOST}:${ports.metrics}`;
    this.#query = `http://${HOST}:${ports.query}`;
  }

  /** The spans of a trace that are there; none where it does not know the trace. */
  async spansOf(traceId: string): Promise<StoredSpan[]> {
    const response = await fetch(`${this.#query}/api/v3/traces/${traceId}`);
    if (response.status === 404) return [];
    const body = await response.text();
    if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${body}`);
    return spansIn(JSON.parse(body) as Answer);
  }

  /** Waits until a trace has at least so many spans. */
  untilTrace(traceId: string, spans: number, timeoutMs?: number): Promise<StoredSpan[]> {
    return until(
      `trace ${traceId} with ${spans} spans is in Jaeger`,
      async () => {
        const found = await this.spansOf(traceId);
        return found.length >= spans && found;
      },
      timeoutMs,
    );
  }
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly result: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes?: readonly Attribute[] };
      readonly scopeSpans: readonly { readonly spans: readonly AnsweredSpan[] }[];
    }[];
  };
}

interface AnsweredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly code?: number | string; readonly message?: string };
  readonly attributes?: readonly Attribute[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly Attribute[] }[];
}

const STATUS = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

function spansIn({ result }: Answer): StoredSpan[] {
  return result.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(recordOf(resource.attributes)["service.name"]);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => storedSpan(span, service)));
  });
}

function storedSpan(span: AnsweredSpan, service: string): StoredSpan {
  const { traceId, spanId, parentSpanId, name, status = {}, attributes, events = [] } = span;
  const { code = 0, message = "" } = status;
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId || undefined,
    name,
    service,
    status: typeof code === "number" ? code : STATUS.indexOf(code),
    message,
    attributes: recordOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: recordOf(event.attributes) })),
  };
}

function recordOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [kind, content] = Object.entries(value)[0] ?? [];
      return [key, kind === "intValue" ? Number(content) : content];
    }),
  );
}
