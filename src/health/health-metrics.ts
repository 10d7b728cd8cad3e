// Shows our counts as metrics: observable instruments that are read when a metric reader collects.
import { setTimeout } from "node:timers/promises";
import {
  type BatchObservableResult,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  type Observable,
  ValueType,
} from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import type { Health } from "./health.ts";
import { type Instrument, SERIES, type SeriesName } from "./instruments.ts";

/** The numbers at this moment; an absent name stands for 0. */
export type Numbers = Readonly<Partial<Record<SeriesName, number>>>;

const SCOPE = "otel-error-tree";
/** The Metrics API has no proxy: a meter that was taken before a provider is set never counts. So we check until one is set. */
const LOOK_MS = 1000;
/**
 * How long the last collection waits for the last export of spans. By default a metric reader gives a callback 30 s, or its
 * interval if that is shorter, and throws away what comes later.
 */
const LAST_NUMBERS_MS = 1000;

/**
 * Registers once with the global meter provider, as soon as one is set. Nothing is read as long as nobody collects. None of
 * its functions throws.
 */
export class HealthMetrics {
  #read: () => Numbers;
  readonly #health: Health;
  readonly #found: (provider: MeterProvider, meter: Meter) => void;
  readonly #stopLooking: () => void;
  /** The provider that was asked last. One that gave no meter is not asked again. */
  #asked: MeterProvider | undefined;
  #isRegistered = false;
  /** Set at the shutdown: the work that still changes the numbers. */
  #closing: Promise<void> | undefined;

  /** `found` is called with the provider, and our meter of it. */
  constructor(
    read: () => Numbers,
    health: Health,
    clock: Pick<Clock, "every">,
    found: (provider: MeterProvider, meter: Meter) => void = () => {},
  ) {
    this.#read = read;
    this.#health = health;
    this.#found = found;
    this.#stopLooking = clock.every(LOOK_MS, () => this.#look());
    // As a rule NodeSDK is started in the same turn of the event loop.
    setImmediate(() => this.#look()).unref();
  }

  /** True from the beginning of the shutdown on: the next collection is the last one. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Ends, and waits for `work`, which still changes the numbers. NodeSDK shuts its providers down at the same time, so the
   * last collection comes while spans are still being exported, and waits for them a little. The first collection after
   * this is the last one that sees us; until then only the numbers are kept.
   */
  async close(work: Promise<void>): Promise<void> {
    this.#look();
    this.#stopLooking();
    this.#closing ??= work;
    try {
      await work;
    } finally {
      this.#guarded(() => {
        const last = this.#read();
        this.#read = () => last;
      });
    }
  }

  #look(): void {
    this.#guarded(() => {
      const provider = metrics.getMeterProvider();
      if (provider === this.#asked || this.#isRegistered || this.#closing !== undefined) return;
      this.#asked = provider;
      const meter = provider.getMeter(SCOPE);
      if (meter === createNoopMeter()) return;
      this.#register(meter);
      this.#found(provider, meter);
      this.#isRegistered = true;
      this.#stopLooking();
    });
  }

  #register(meter: Meter): void {
    const made = new Map<Instrument, Observable>();
    for (const { instrument } of Object.values(SERIES)) {
      if (!made.has(instrument)) made.set(instrument, create(meter, instrument));
    }
    const observables = [...made.values()];
    const callback = async (result: BatchObservableResult): Promise<void> => {
      const isLast = this.isClosing;
      await this.settled();
      this.#guarded(() => this.#observe(result, made));
      if (isLast) this.#guarded(() => meter.removeBatchObservableCallback(callback, observables));
    };
    meter.addBatchObservableCallback(callback, observables);
  }

  #observe(result: BatchObservableResult, made: ReadonlyMap<Instrument, Observable>): void {
    const numbers = this.#read();
    for (const [name, { instrument, attributes }] of Object.entries(SERIES)) {
      // Also if it is 0: a series whose first value is already 1 shows no increase.
      const observable = made.get(instrument) as Observable;
      result.observe(observable, numbers[name as SeriesName] ?? 0, attributes);
    }
  }

  /** At a shutdown, resolves when the numbers do not change any more, or after {@link LAST_NUMBERS_MS}; before that at once. */
  async settled(): Promise<void> {
    if (!this.isClosing) return;
    const over = new AbortController();
    const late = setTimeout(LAST_NUMBERS_MS, undefined, { signal: over.signal });
    await Promise.race([this.#closing, late]).catch(() => {});
    over.abort();
    await late.catch(() => {});
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#health.failed("metrics", error);
    }
  }
}

function create(meter: Meter, { name, kind, unit, description }: Instrument): Observable {
  const options = { unit, description, valueType: ValueType.INT };
  switch (kind) {
    case "counter":
      return meter.createObservableCounter(name, options);
    case "updowncounter":
      return meter.createObservableUpDownCounter(name, options);
    default:
      return kind satisfies never;
  }
}
