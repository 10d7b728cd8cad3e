// Services of the lab before the real Collector and Jaeger, and the moment at which all that they exported is there.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { type Collector, startCollector } from "../../../collector-config/run/collector.ts";
import { type Jaeger, type JaegerOptions, startJaeger } from "../../../collector-config/run/jaeger.ts";
import { until } from "../../../collector-config/run/until.ts";
import { startLabService } from "../../support/pipeline/lab-service.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";

/** Every failing request goes out: what the limiter does has tests of its own. */
const ENVIRONMENT = {
  OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
  OTEL_ERROR_TREE_HEADER_BYTES: "2048",
};

/** What a request came to. */
export interface Asked {
  readonly traceId: string;
  /** The span of the service that was asked. */
  readonly spanId: string;
  /** It said that the trace is exported. */
  readonly exported: boolean;
  readonly tree: ErrorTree | undefined;
}

/** A Jaeger with a store, and the Collector of single.yaml before it. */
export class Stage {
  readonly jaeger: Jaeger;
  readonly collector: Collector;
  readonly #undo: Undo;
  readonly #services: NodeProcess[] = [];

  constructor(jaeger: Jaeger, collector: Collector, undo: Undo) {
    this.jaeger = jaeger;
    this.collector = collector;
    this.#undo = undo;
  }

  static async start(undo: Undo, store: NonNullable<JaegerOptions["store"]>): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "error-tree-jaeger-"));
    await undo.add(() => rmSync(folder, { recursive: true }));
    const jaeger = await startJaeger({ folder: join(folder, "jaeger"), undo, store });
    const collector = await startCollector({
      pipeline: "single",
      folder: join(folder, "collector"),
      undo,
      environment: { JAEGER_ENDPOINT: jaeger.otlpGrpc },
    });
    return new Stage(jaeger, collector, undo);
  }

  async startService(
    name: string,
    environment: Readonly<Record<string, string>> = {},
    downstreams: readonly NodeProcess[] = [],
  ): Promise<NodeProcess> {
    const service = await startLabService({
      name,
      undo: this.#undo,
      otlpHttp: this.collector.otlpHttp,
      downstreams,
      environment: { ...ENVIRONMENT, ...environment },
    });
    this.#services.push(service);
    return service;
  }

  /** Stops all services in order, and waits until Jaeger has acknowledged what the Collector got from them. */
  async settle(): Promise<void> {
    await Promise.all(this.#services.splice(0).map((service) => service.end()));
    await until("Jaeger has all spans", async () => {
      const metrics = await this.collector.metrics();
      const accepted = metrics.sum("otelcol_receiver_accepted_spans_total");
      return accepted > 0 && metrics.sum("otelcol_exporter_sent_spans_total") === accepted;
    });
  }
}

/** Asks a service as a person with curl does. */
export async function ask({ url }: NodeProcess, requestId: string): Promise<Asked> {
  const response = await fetch(url, {
    headers: { "x-error-tree": "v=1, f=json", "x-request-id": requestId },
  });
  await response.arrayBuffer();
  const timing = /trace;desc=00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])/.exec(
    response.headers.get("server-timing") ?? "",
  );
  if (timing === null) throw new Error(`${url} does not tell its trace`);
  const [, traceId = "", spanId = "", flags] = timing;
  const tree = readErrorTree(response.headers.get("x-error-tree") ?? "");
  return { traceId, spanId, exported: flags === "01", tree };
}
