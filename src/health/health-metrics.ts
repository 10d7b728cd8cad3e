// Own health for whoever reads metrics: observable instruments that show our counts when a reader collects.
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

/** The numbers at this moment; a name that is absent counts nothing so far. */
export type Numbers = Readonly<Partial<Record<SeriesName, number>>>;

const SCOPE = "otel-error-tree";
/** The Metrics API has no proxy: a meter taken before there is a provider never counts. So we look whether one has come. */
const LOOK_MS = 1000;
/**
 * How long the last collection waits for the last export. A metric reader gives a callback 30 s as installed, or as long as
 * its interval where that is shorter, and throws away what comes later.
 */
const LAST_NUMBERS_MS = 1000;

/**
 * Registers with the global meter provider as soon as there is one, once. Nothing is read, and nothing counted twice, as
 * long as nobody collects. None of its functions throws.
 */
export class HealthMetrics {
  #read: () => Numbers;
  readonly #health: Health;
  readonly #stopLooking: () => void;
  /** The provider that was asked last: one that gives no meter is not asked again. */
  #asked: MeterProvider | undefined;
  #isRegistered = false;
  /** Set at the shutdown: what still changes the numbers. */
  #closing: Promise<void> | undefined;

  constructor(read: () => Numbers, health: Health, clock: Pick<Clock, "every">) {
    this.#read = read;
    this.#health = health;
    this.#stopLooking = clock.every(LOOK_MS, () => this.#look());
    // NodeSDK is started in the same turn, as a rule.
    setImmediate(() => this.#look()).unref();
  }

  /**
   * The end: `work` is all that still changes the numbers, and is waited for. NodeSDK shuts its providers down side by side;
   * the last collection comes while spans are still on their way, and waits for them a little. Whichever collection comes
   * first after this is the last one that sees us; until then nothing is kept but the numbers.
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
      const isLast = this.#closing !== undefined;
      if (isLast) await this.#lastNumbers();
      this.#guarded(() => this.#tell(result, made));
      if (isLast) this.#guarded(() => meter.removeBatchObservableCallback(callback, observables));
    };
    meter.addBatchObservableCallback(callback, observables);
  }

  #tell(result: BatchObservableResult, made: ReadonlyMap<Instrument, Observable>): void {
    const numbers = this.#read();
    for (const [name, { instrument, attributes }] of Object.entries(SERIES)) {
      // Also where it is 0: a series that begins with its first trouble shows no increase.
      const observable = made.get(instrument) as Observable;
      result.observe(observable, numbers[name as SeriesName] ?? 0, attributes);
    }
  }

  /** Resolves when the numbers change no more, or have been waited for long enough. */
  async #lastNumbers(): Promise<void> {
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
