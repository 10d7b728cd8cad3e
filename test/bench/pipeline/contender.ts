// One way at work: three services, a Collector and a Jaeger of their own, and what a load costs them.
import { join } from "node:path";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { type Collector, startCollector } from "../../../collector-config/run/collector.ts";
import { type Jaeger, startJaeger } from "../../../collector-config/run/jaeger.ts";
import { CHAIN, spansOf } from "../../e2e/outages/chain.ts";
import { type Answered, ChainLoad } from "../../e2e/outages/load.ts";
import { judgeSpans, untilStored } from "../../e2e/outages/stored.ts";
import { limitsVariable } from "../../support/limits.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { startMeasured } from "../measured-process.ts";
import { cpuSecondsOf, type Resident, ResidentWatch } from "./process-usage.ts";
import { Recorder, type Recording } from "./recording.ts";
import type { ServiceArgument, Usage } from "./service.ts";
import { idOfCopy } from "./trace-ids.ts";
import type { Variant } from "./variants.ts";
import { startWireCounter, type WireCounter } from "./wire-counter.ts";

/** How services and load are. */
export interface ContenderOptions {
  /** A folder of its own. */
  readonly folder: string;
  readonly undo: Undo;
  /** Of the exporters: `OTEL_EXPORTER_OTLP_COMPRESSION`. */
  readonly compression: string;
  /**
   * 1: the services export to the Collector. More: to a recorder, with all their delays so many times as long; what was
   * recorded is sent to the Collector so many times as fast, in the batches that services with so many times the requests
   * would send.
   */
  readonly stretch: number;
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
/** So that the last request of a turn fails: when Jaeger has it, the tail sampler has decided on all. */
export const MULTIPLE: number = 100 / FAILING_PERCENT;
/** Requests of a turn that is not measured. */
export const WARM_UP = 2_000;
const SERVICE = new URL("./service.ts", import.meta.url);
/** The usual way waits ten seconds for its decision. */
const STORED_MS = 60_000;
/** How long the SDK's processor and our queue wait to share an export, unless stretched. */
const SDK_DELAY_MS = 5_000;
const DELAY_MS = 2_000;

/** Starts all of it; it runs until `undo`. */
export async function enter(variant: Variant, options: ContenderOptions): Promise<Contender> {
  const { folder, undo, compression, stretch } = options;
  const jaeger = await startJaeger({ folder: join(folder, "jaeger"), undo });
  const collector = await startCollector({
    ...variant.collector,
    folder: join(folder, "collector"),
    undo,
    environment: { JAEGER_ENDPOINT: jaeger.otlpGrpc },
  });
  const wire = await startWireCounter(collector.otlpHttp);
  await undo.add(() => wire.close());
  const recorder = new Recorder();
  await recorder.listen();
  await undo.add(() => recorder.close());
  const services: NodeProcess[] = [];
  let next: string | undefined;
  for (const name of CHAIN.toReversed()) {
    const argument: ServiceArgument = {
      variant: variant.name,
      name,
      next,
      redactSpans: variant.redactSpans,
    };
    const service = startMeasured(SERVICE, {
      argument,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: stretch === 1 ? wire.url : recorder.url,
        OTEL_BSP_SCHEDULE_DELAY: String(SDK_DELAY_MS * stretch),
        ...limitsVariable({ exportDelayMs: DELAY_MS * stretch }),
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
  return new Contender(variant, next as string, { jaeger, collector, wire, recorder, services, stretch });
}

interface Parts {
  readonly jaeger: Jaeger;
  readonly collector: Collector;
  readonly wire: WireCounter;
  readonly recorder: Recorder;
  readonly services: readonly NodeProcess[];
  readonly stretch: number;
}

/** A load that was answered, all spans of which are exported. */
interface Served {
  readonly answered: readonly Answered[];
  readonly servicesCpu: number;
}

interface Recorded extends Served {
  readonly recording: Recording;
}

/** One way that is measured, turn by turn. */
export class Contender {
  readonly variant: Variant;
  readonly #url: string;
  readonly #parts: Parts;
  /** Spans that the Collector had taken when it was asked last. */
  #taken = 0;
  #recorded: Recorded | undefined;
  /** How often it was sent. */
  #copies = 0;

  constructor(variant: Variant, url: string, parts: Parts) {
    this.variant = variant;
    this.#url = url;
    this.#parts = parts;
  }

  /** CPU seconds of the Collector so far. */
  get collectorCpu(): number {
    return cpuSecondsOf(this.#pid);
  }

  /** Records what the services export of so many requests, if they are too slow for the rate. */
  async record(requests: number, perSecond: number, undo: Undo): Promise<void> {
    const { recorder, stretch } = this.#parts;
    if (stretch === 1) return;
    const warmUp = Math.min(requests, WARM_UP) / stretch;
    for (const count of [Math.ceil(warmUp / MULTIPLE) * MULTIPLE, requests / stretch]) {
      recorder.begin();
      const served = await this.#load(count, perSecond / stretch, undo);
      this.#recorded = { ...served, recording: recorder.take() };
    }
  }

  /** Sends requests, and waits until Jaeger has all that it is to have; `closed` is called then, before anything is asked. */
  async serve(requests: number, perSecond: number, undo: Undo, closed: () => void): Promise<Cost> {
    const { jaeger, wire } = this.#parts;
    const { bytes } = wire;
    const watch = new ResidentWatch(this.#pid);
    const { answered, servicesCpu } =
      this.#recorded === undefined
        ? await this.#load(requests, perSecond, undo)
        : await this.#replay(this.#recorded, requests);
    const kept = answered.filter((one) => this.#isKept(one));
    const found = await untilStored(jaeger, kept, judgeSpans, STORED_MS);
    const resident = watch.end();
    closed();
    const expected = sumOf(this.variant.name === "ours" ? kept : answered, ({ failing }) => spansOf(failing));
    const before = this.#taken;
    // The question costs CPU, too: after the turn, before the next one.
    this.#taken = await this.#spansTaken();
    const cost = { bytes: wire.bytes - bytes, spans: this.#taken - before, resident, servicesCpu };
    const failed = answered.filter(({ failing }) => failing !== undefined);
    this.#expect("requests that failed", failed.length, (answered.length * FAILING_PERCENT) / 100);
    this.#expect("traces whole in Jaeger", found.filter((one) => one === "whole").length, kept.length);
    this.#expect("spans that the Collector took", cost.spans, expected);
    return cost;
  }

  async #load(requests: number, perSecond: number, undo: Undo): Promise<Served> {
    await this.#ask("begin");
    const load = new ChainLoad({ url: this.#url, perSecond, failingPercent: FAILING_PERCENT });
    await undo.add(() => load.requests.halt());
    load.requests.start(requests);
    await load.requests.ended();
    undo.assertNotOver();
    const usages = await this.#ask("end");
    this.#expect("requests answered as they should be", load.answered.length, requests);
    return { answered: load.answered, servicesCpu: sumOf(usages, ({ cpu }) => cpu) };
  }

  /** Sends what was recorded, as often as it takes for so many requests, each time as other traces. */
  async #replay(recorded: Recorded, requests: number): Promise<Served> {
    const { wire, stretch } = this.#parts;
    const { recording, answered, servicesCpu } = recorded;
    const copies = Math.ceil(requests / answered.length);
    const first = this.#copies;
    this.#copies += copies;
    await recording.send({ url: wire.url, speed: stretch, copies, first });
    const all = Array.from({ length: copies }, (_, i) =>
      answered.map((one) => ({ ...one, traceId: idOfCopy(one.traceId, first + i) })),
    );
    return { answered: all.flat(), servicesCpu: servicesCpu * copies };
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
