// One way at work: three services, a Collector and a Jaeger of their own, and what a load costs them.
import { join } from "node:path";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { type Collector, startCollector } from "../../../collector-config/run/collector.ts";
import { type Jaeger, startJaeger } from "../../../collector-config/run/jaeger.ts";
import { CHAIN, spansOf } from "../../e2e/outages/chain.ts";
import { type Answered, ChainLoad } from "../../e2e/outages/load.ts";
import { judgeSpans, untilStored } from "../../e2e/outages/stored.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { startMeasured } from "../measured-process.ts";
import { cpuSecondsOf, type Resident, ResidentWatch } from "./process-usage.ts";
import type { ServiceArgument, Usage } from "./service.ts";
import type { Variant } from "./variants.ts";
import { startWireCounter, type WireCounter } from "./wire-counter.ts";

/** How services and load are. */
export interface ContenderOptions {
  /** A folder of its own. */
  readonly folder: string;
  readonly undo: Undo;
  /** Of the exporters: `OTEL_EXPORTER_OTLP_COMPRESSION`. */
  readonly compression: string;
}

/** What a load cost, beside the Collector's CPU. */
export interface Cost {
  /** To the Collector, on the wire. */
  readonly bytes: number;
  /** Spans that the Collector took. */
  readonly spans: number;
  /** Memory of the Collector. */
  readonly resident: Resident;
  /** CPU seconds of the three services. */
  readonly servicesCpu: number;
}

export const FAILING_PERCENT = 1;
const SERVICE = new URL("./service.ts", import.meta.url);
/** The usual way waits ten seconds for its decision. */
const STORED_MS = 60_000;

/** Starts all of it; it runs until `undo`. */
export async function enter(variant: Variant, options: ContenderOptions): Promise<Contender> {
  const { folder, undo, compression } = options;
  const jaeger = await startJaeger({ folder: join(folder, "jaeger"), undo });
  const collector = await startCollector({
    pipeline: "single",
    folder: join(folder, "collector"),
    undo,
    environment: { JAEGER_ENDPOINT: jaeger.otlpGrpc },
    overrides: variant.overrides,
  });
  const wire = await startWireCounter(collector.otlpHttp);
  await undo.add(() => wire.close());
  const services: NodeProcess[] = [];
  let next: string | undefined;
  for (const name of CHAIN.toReversed()) {
    const argument: ServiceArgument = { variant: variant.name, name, next };
    const service = startMeasured(SERVICE, {
      argument,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: wire.url,
        OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
        // No service under load hands over 100 % of its spans through the default queue of 2,048; here nothing is dropped.
        OTEL_BSP_MAX_QUEUE_SIZE: "15000",
        OTEL_ERROR_TREE_TRUST: "loopback",
        // Every failed request, as the usual way has them; by default a kind goes out three times, then in intervals.
        OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
      },
    });
    await undo.add(() => service.release().then(() => {}));
    services.unshift(service);
    await service.listens();
    next = service.url;
  }
  return new Contender(variant, next as string, { jaeger, collector, wire, services });
}

interface Parts {
  readonly jaeger: Jaeger;
  readonly collector: Collector;
  readonly wire: WireCounter;
  readonly services: readonly NodeProcess[];
}

/** One way that is measured, turn by turn. */
export class Contender {
  readonly variant: Variant;
  readonly #url: string;
  readonly #parts: Parts;
  /** Spans that the Collector had taken when it was asked last. */
  #taken = 0;

  constructor(variant: Variant, url: string, parts: Parts) {
    this.variant = variant;
    this.#url = url;
    this.#parts = parts;
  }

  /** CPU seconds of the Collector so far. */
  get collectorCpu(): number {
    return cpuSecondsOf(this.#pid);
  }

  /** Sends requests, and waits until Jaeger has all that it is to have; `closed` is called then, before anything is asked. */
  async serve(requests: number, perSecond: number, undo: Undo, closed: () => void): Promise<Cost> {
    const { jaeger, wire } = this.#parts;
    const { bytes } = wire;
    await this.#ask("begin");
    const watch = new ResidentWatch(this.#pid);
    const load = new ChainLoad({ url: this.#url, perSecond, failingPercent: FAILING_PERCENT });
    await undo.add(() => load.requests.halt());
    load.requests.start(requests);
    await load.requests.ended();
    undo.assertNotOver();
    const usages = await this.#ask("end");
    const kept = load.answered.filter((answered) => this.#isKept(answered));
    const found = await untilStored(jaeger, kept, judgeSpans, STORED_MS);
    const resident = watch.end();
    closed();
    const expected = sumOf(this.variant.name === "ours" ? kept : load.answered, ({ failing }) =>
      spansOf(failing),
    );
    const before = this.#taken;
    // The question costs CPU, too: after the turn, before the next one.
    this.#taken = await this.#spansTaken();
    const cost = {
      bytes: wire.bytes - bytes,
      spans: this.#taken - before,
      resident,
      servicesCpu: sumOf(usages, ({ cpu }) => cpu),
    };
    this.#expect("requests answered as they should be", load.answered.length, requests);
    this.#expect("requests that failed", load.failed.length, (requests * FAILING_PERCENT) / 100);
    this.#expect("traces whole in Jaeger", found.filter((one) => one === "whole").length, kept.length);
    this.#expect("spans that the Collector took", cost.spans, expected);
    return cost;
  }

  /** What has to be in Jaeger; which of the others the tail sampler keeps nobody knows before. */
  #isKept({ failing, sampled }: Answered): boolean {
    return failing !== undefined || (this.variant.name === "ours" && sampled);
  }

  get #pid(): number {
    const { pid } = this.#parts.collector.daemon;
    if (pid === undefined) throw new RunError(`${this.variant.title}: the Collector has ended`);
    return pid;
  }

  #ask(question: "begin" | "end"): Promise<Usage[]> {
    return Promise.all(this.#parts.services.map((service) => service.ask<Usage>(question)));
  }

  async #spansTaken(): Promise<number> {
    return (await this.#parts.collector.metrics()).sum("otelcol_receiver_accepted_spans_total");
  }

  /** The figure of a way that did something else is worth nothing. */
  #expect(what: string, got: number, expected: number): void {
    if (got === expected) return;
    throw new RunError(`${this.variant.title}: ${what}: expected ${expected}, got ${got}`);
  }
}

function sumOf<T>(values: readonly T[], numberOf: (value: T) => number): number {
  return values.reduce((sum, value) => sum + numberOf(value), 0);
}
