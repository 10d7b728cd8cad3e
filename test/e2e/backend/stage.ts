// What `npm run e2e` runs on: one Collector with a Jaeger behind it, and labs of which every service exports to them.
import { fileURLToPath } from "node:url";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { Collector } from "../../../collector-config/run/collector.ts";
import type { Jaeger } from "../../../collector-config/run/jaeger.ts";
import { startSinglePipeline } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import type { Backend } from "../../../examples/lab/backend.ts";
import { JaegerBackend } from "../../../examples/lab/jaeger-backend.ts";
import { type Lab, startLab } from "../../../examples/lab/lab.ts";
import { readTopology } from "../../../examples/lab/topology.ts";

/** Variables of services whose limiter lets every failed request out. */
export const OPEN: Readonly<Record<string, string>> = { OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" };

/** The lab's topologies. */
export type TopologyName = "seed" | "seven";

/** Starts Jaeger and the Collector; they run until `undo`. */
export async function setStage(undo: Undo): Promise<Stage> {
  const { collector, jaeger, stop } = await startSinglePipeline();
  await undo.add(stop);
  return new Stage(collector, jaeger, undo);
}

/** The backend, and how services come to it. */
export class Stage {
  readonly collector: Collector;
  readonly jaeger: Jaeger;
  readonly #backend: Backend;
  readonly #undo: Undo;

  constructor(collector: Collector, jaeger: Jaeger, undo: Undo) {
    this.collector = collector;
    this.jaeger = jaeger;
    this.#backend = new JaegerBackend(collector.otlpHttp, jaeger.queryUrl, false);
    this.#undo = undo;
  }

  /** Starts a lab on free ports, its services with these variables; it runs until it is stopped, or until `undo`. */
  async startLab(topology: TopologyName, environment: Readonly<Record<string, string>> = {}): Promise<Lab> {
    this.#undo.assertNotOver();
    const file = new URL(`../../../examples/lab/topologies/${topology}.yaml`, import.meta.url);
    const lab = await startLab(readTopology(fileURLToPath(file)), {
      basePort: 0,
      backend: this.#backend,
      environment,
    });
    await this.#undo.add(() => lab.stop());
    return lab;
  }

  /** Spans that services have sent to the Collector so far, also those that it was sent twice. */
  async acceptedSpans(): Promise<number> {
    return (await this.collector.metrics()).sum("otelcol_receiver_accepted_spans_total");
  }

  /** Waits until Jaeger has acknowledged every span that the Collector has; services that run may still send more. */
  async untilHandedOn(): Promise<void> {
    await until("the Collector has handed on all that it has", async () => {
      const metrics = await this.collector.metrics();
      const accepted = metrics.sum("otelcol_receiver_accepted_spans_total");
      return metrics.sum("otelcol_exporter_sent_spans_total") === accepted;
    });
  }
}
