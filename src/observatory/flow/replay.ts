// Shows the flow counts by the Metrics API alone, for a meter provider whose readers take no producer of ours.
import { setImmediate as turn } from "node:timers/promises";
import { type BatchObservableResult, type Histogram, type Meter, ValueType } from "@opentelemetry/api";
import { CONNECTOR_BOUNDS } from "../graph/connector-bounds.ts";
import { type HistogramData, type LogHistogram, middleOf } from "../graph/log-histogram.ts";
import type { Edge } from "./edges.ts";
import {
  CLIENT_SECONDS,
  CONTEXT,
  DESCRIPTIONS,
  FAILURES,
  labelsOf,
  REQUESTS,
  SERVER_SECONDS,
  STATES,
} from "./flow-metrics.ts";

/** So many durations are recorded in one go, some milliseconds at most; then whatever else waits has its turn. */
const BURST = 1_000;
const NONE: HistogramData = { offset: 0, counts: [], sum: 0 };

/** What is known of the end. */
interface Ending {
  /** Resolves when the counts may be read: at a shutdown, when they do not change any more. */
  settled(): Promise<void>;
  /** True at a shutdown: the next collection is the last one. */
  isClosing(): boolean;
}

/**
 * Counters are observed. Durations are recorded at each collection, as many as came since the last one, each as the middle of its
 * bucket: histograms of the Metrics API take nothing else.
 */
export class Replay {
  readonly #edges: () => Iterable<Edge>;
  readonly #seconds: Readonly<Record<"server" | "client", Histogram>>;
  readonly #recorded = new Map<LogHistogram, HistogramData>();
  #running: Promise<void> | undefined;

  /** Shows the edges at every collection, up to the last one. */
  static begin(meter: Meter, edges: () => Iterable<Edge>, { settled, isClosing }: Ending): void {
    const replay = new Replay(meter, edges);
    const counter = (name: string) =>
      meter.createObservableCounter(name, {
        description: DESCRIPTIONS[name] ?? "",
        valueType: ValueType.INT,
      });
    const [requests, failures, context] = [counter(REQUESTS), counter(FAILURES), counter(CONTEXT)];
    const all = [requests, failures, context];
    const callback = async (result: BatchObservableResult): Promise<void> => {
      const isLast = isClosing();
      await settled();
      for (const { key, counts } of edges()) {
        const labels = labelsOf(key);
        result.observe(requests, counts.requests, labels);
        result.observe(failures, counts.failures, labels);
        for (const state of STATES) result.observe(context, counts[state], { ...labels, state });
      }
      await replay.#record();
      if (isLast) meter.removeBatchObservableCallback(callback, all);
    };
    meter.addBatchObservableCallback(callback, all);
  }

  private constructor(meter: Meter, edges: () => Iterable<Edge>) {
    const histogram = (name: string) =>
      meter.createHistogram(name, {
        description: DESCRIPTIONS[name] ?? "",
        advice: { explicitBucketBoundaries: [...CONNECTOR_BOUNDS] },
      });
    this.#edges = edges;
    this.#seconds = { server: histogram(SERVER_SECONDS), client: histogram(CLIENT_SECONDS) };
  }

  /** Several readers may collect at one time: what is recorded reaches them all. */
  #record(): Promise<void> {
    this.#running ??= this.#recordNew().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #recordNew(): Promise<void> {
    let room = BURST;
    for (const { key, counts } of [...this.#edges()]) {
      const labels = labelsOf(key);
      for (const side of ["server", "client"] as const) {
        const now = counts[side].toJSON();
        const before = this.#recorded.get(counts[side]) ?? NONE;
        this.#recorded.set(counts[side], now);
        for (let i = 0; i < now.counts.length; i++) {
          const bucket = now.offset + i;
          const more = (now.counts[i] ?? 0) - (before.counts[bucket - before.offset] ?? 0);
          for (let times = 0; times < more; times++) {
            this.#seconds[side].record(middleOf(bucket), labels);
            if (--room > 0) continue;
            room = BURST;
            await turn();
          }
        }
      }
    }
  }
}
