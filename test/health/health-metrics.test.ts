// Finding the meter provider, leaving it, and doing no harm whatever it does.
import { setImmediate as turn } from "node:timers/promises";
import {
  type BatchObservableCallback,
  createNoopMeter,
  diag,
  type Meter,
  type MeterProvider as MeterProviderApi,
  metrics,
} from "@opentelemetry/api";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { HealthMetrics, type Numbers } from "../../src/health/health-metrics.ts";
import { createErrorTree } from "../../src/setup.ts";
import { ManualClock } from "../support/sdk.ts";
import { expectedValues, TestReader } from "./reading.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

interface Watched {
  readonly clock: ManualClock;
  readonly health: HealthCounts;
  readonly read: ReturnType<typeof vi.fn<() => Numbers>>;
  readonly metrics: HealthMetrics;
}

/** Metrics of which the test moves the clock. */
function watched(): Watched {
  const clock = new ManualClock();
  const health = new HealthCounts();
  const read = vi.fn(() => health.all() as Numbers);
  const ours = new HealthMetrics(read, health, clock);
  onTestFinished(async () => {
    await ours.close(Promise.resolve());
    metrics.disable();
  });
  return { clock, health, read, metrics: ours };
}

function setProvider(provider: MeterProviderApi): void {
  expect(metrics.setGlobalMeterProvider(provider)).toBe(true);
}

function sdkProvider(reader = new TestReader()): { provider: MeterProvider; reader: TestReader } {
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown().catch(() => {}));
  return { provider, reader };
}

test("without a provider nothing is read, one look a second is all, and the end comes as it would", async () => {
  const { clock, read, health, metrics: ours } = watched();
  await turn();
  const look = vi.spyOn(metrics, "getMeterProvider");
  clock.advance(1000);
  clock.advance(1000);
  expect(look).toHaveBeenCalledTimes(2);
  expect([read.mock.calls.length, clock.tasks]).toEqual([0, 1]);
  await ours.close(Promise.resolve());
  expect(clock.tasks).toBe(0);
  expect(health.all()).toEqual({});
});

test("the noop provider is asked for a meter once, not every second", async () => {
  const { clock } = watched();
  const getMeter = vi.spyOn(metrics.getMeterProvider(), "getMeter");
  for (let i = 0; i < 5; i++) clock.advance(1000);
  await turn();
  expect(getMeter).toHaveBeenCalledTimes(1);
});

test("a provider that was there before is found at once", async () => {
  const { provider, reader } = sdkProvider();
  onTestFinished(() => metrics.disable());
  setProvider(provider);
  const { health } = watched();
  health.count("asks_refused", 3);
  await turn();
  expect(await reader.read()).toMatchObject(expectedValues({ asks_refused: 3 }));
});

test("a provider that comes late is found, and shows what was counted before", async () => {
  const { clock, health } = watched();
  await turn();
  health.activity.answers_read = 7;
  clock.advance(60_000);
  const { provider, reader } = sdkProvider();
  setProvider(provider);
  clock.advance(1000);
  expect(await reader.read()).toMatchObject(expectedValues({ answers_read: 7 }));
  expect(clock.tasks).toBe(0);
});

test("a provider that comes right before the shutdown is found then", async () => {
  const { health, metrics: ours } = watched();
  await turn();
  const { provider, reader } = sdkProvider();
  setProvider(provider);
  const over = ours.close(Promise.resolve());
  health.count("trees_failed");
  await Promise.all([over, provider.shutdown()]);
  expect(reader.last).toMatchObject(expectedValues({ trees_failed: 1 }));
});

test("nothing is read while nobody collects, and once for every collection", async () => {
  const { provider, reader } = sdkProvider();
  const { clock, read } = watched();
  setProvider(provider);
  for (let i = 0; i < 5; i++) clock.advance(1000);
  await turn();
  expect(read).not.toHaveBeenCalled();
  await reader.read();
  await reader.read();
  expect(read).toHaveBeenCalledTimes(2);
});

test("another provider that comes after the first is left alone", async () => {
  const { clock, read, metrics: ours } = watched();
  setProvider(sdkProvider().provider);
  await turn();
  metrics.disable();
  const other = sdkProvider();
  setProvider(other.provider);
  clock.advance(1000);
  await ours.close(Promise.resolve());
  expect(await other.reader.read()).toEqual({});
  expect(read).toHaveBeenCalledTimes(1);
});

test("after the shutdown one more collection has the last numbers, the next does without us", async () => {
  const { health, read, metrics: ours } = watched();
  const { provider, reader } = sdkProvider();
  setProvider(provider);
  await turn();
  const remove = vi.spyOn(provider.getMeter("otel-error-tree"), "removeBatchObservableCallback");
  health.count("represents_dropped", 2);
  await ours.close(Promise.resolve());
  expect(remove).not.toHaveBeenCalled();
  const reads = read.mock.calls.length;
  expect(await reader.read()).toMatchObject(expectedValues({ represents_dropped: 2 }));
  await turn();
  expect(remove).toHaveBeenCalledTimes(1);
  // What was held of the service is not asked any more.
  expect(read.mock.calls.length).toBe(reads);
});

test("all readers that collect in one turn after the shutdown get the last numbers", async () => {
  const { health, metrics: ours } = watched();
  const readers = [new TestReader(), new TestReader()] as const;
  const provider = new MeterProvider({ readers: [...readers] });
  setProvider(provider);
  await turn();
  health.count("represents_dropped", 2);
  await ours.close(Promise.resolve());
  await provider.shutdown();
  const { "error_tree.tree.lost": lost } = expectedValues({ represents_dropped: 2 });
  expect(readers.map(({ last }) => last["error_tree.tree.lost"])).toEqual([lost, lost]);
});

test("a shutdown provider is asked once, so that its warning is one", async () => {
  const { clock } = watched();
  const { provider } = sdkProvider();
  await provider.shutdown();
  setProvider(provider);
  const warn = vi.fn();
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} });
  onTestFinished(() => diag.disable());
  for (let i = 0; i < 5; i++) clock.advance(1000);
  expect(warn).toHaveBeenCalledTimes(1);
});

/** A meter some of whose functions throw. */
function meterThatThrows(...names: readonly string[]): Meter {
  return new Proxy(createNoopMeter(), {
    get(meter, name) {
      if (names.includes(String(name))) return fail;
      return Reflect.get(meter, name);
    },
  });
}

function fail(): never {
  throw new Error("the provider broke");
}

test.each<[string, () => Meter]>([
  ["giving a meter", fail],
  ["giving nothing", () => undefined as never],
  ["making an instrument", () => meterThatThrows("createObservableUpDownCounter")],
  ["taking the callback", () => meterThatThrows("addBatchObservableCallback")],
])(
  "a provider that breaks at %s harms nothing, is counted once, and is not asked again",
  async (_, getMeter) => {
    const { clock, health, metrics: ours } = watched();
    const provider = { getMeter: vi.fn(getMeter) };
    setProvider(provider);
    for (let i = 0; i < 5; i++) clock.advance(1000);
    await turn();
    expect(provider.getMeter).toHaveBeenCalledTimes(1);
    expect(health.all()).toEqual({ internal_errors: 1 });
    await expect(ours.close(Promise.resolve())).resolves.toBeUndefined();
  },
);

/** A meter that keeps its callback for the test to call. */
class KeepingMeter {
  callback: BatchObservableCallback | undefined;
  removed = 0;

  readonly meter: Meter = new Proxy(createNoopMeter(), {
    get: (meter, name) => {
      if (name === "addBatchObservableCallback") {
        return (callback: BatchObservableCallback) => {
          this.callback = callback;
        };
      }
      if (name === "removeBatchObservableCallback") return () => this.#remove();
      return Reflect.get(meter, name);
    },
  });

  #remove(): never {
    this.removed++;
    return fail();
  }
}

test("a collection that breaks, or numbers that cannot be read, are counted and thrown no further", async () => {
  const { clock, health, read } = watched();
  const keeping = new KeepingMeter();
  setProvider({ getMeter: () => keeping.meter });
  clock.advance(1000);
  await keeping.callback?.({ observe: fail });
  expect(health.all()).toEqual({ internal_errors: 1 });
  read.mockImplementation(fail);
  await keeping.callback?.({ observe() {} });
  expect(health.all()).toEqual({ internal_errors: 2 });
});

test("a provider that cannot be left harms nothing", async () => {
  const { clock, health, metrics: ours } = watched();
  const keeping = new KeepingMeter();
  setProvider({ getMeter: () => keeping.meter });
  clock.advance(1000);
  await ours.close(Promise.resolve());
  await keeping.callback?.({ observe() {} });
  await turn();
  expect(keeping.removed).toBe(1);
  expect(health.all()).toEqual({ internal_errors: 1 });
});

test("work that fails at the end fails the shutdown as before, and not the last collection", async () => {
  const { clock, health, metrics: ours } = watched();
  const keeping = new KeepingMeter();
  setProvider({ getMeter: () => keeping.meter });
  clock.advance(1000);
  const over = ours.close(Promise.reject(new Error("the exporter broke")));
  const observed = vi.fn();
  const collected = keeping.callback?.({ observe: observed });
  await expect(over).rejects.toThrow("the exporter broke");
  await collected;
  expect(observed).toHaveBeenCalled();
  await turn();
  expect(health.all()).toEqual({ internal_errors: 1 });
});

test("a set-up that is switched off looks for no provider", async () => {
  vi.stubEnv("OTEL_ERROR_TREE_DISABLED", "true");
  const look = vi.spyOn(metrics, "getMeterProvider");
  createErrorTree({ trust: "loopback" });
  await turn();
  expect(look).not.toHaveBeenCalled();
});
