// The queue of failing requests: whole fragments, in order, bounded, and what an exporter can do to it.

import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { type ReadableSpan, type SpanExporter, StackContextManager } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FragmentQueue, type QueueOptions } from "../../src/export/queue.ts";
import { HealthCounts } from "../../src/health.ts";
import { KeptSpans } from "../support/sdk.ts";

type Done = Parameters<SpanExporter["export"]>[1];

const OPTIONS: QueueOptions = { maxQueuedSpans: 1000, exportDelayMs: 100, exportTimeoutMs: 30_000 };

/** As much of a span as the queue looks at. */
function fragment(name: string, spans: number): ReadableSpan[] {
  return Array.from({ length: spans }, (_, i) => ({ name: `${name}.${i}`, resource: {} }) as ReadableSpan);
}

/** An exporter that answers when the test says so. */
class HeldExporter extends KeptSpans {
  readonly waiting: Done[] = [];

  override export(batch: ReadableSpan[], done: Done): void {
    this.batches.push(batch);
    this.waiting.push(done);
  }
}

function queueOf(
  exporter: SpanExporter,
  options: Partial<QueueOptions> = {},
): { queue: FragmentQueue; health: HealthCounts } {
  const health = new HealthCounts();
  return { queue: new FragmentQueue(exporter, { ...OPTIONS, ...options }, health), health };
}

function namesOf(exporter: KeptSpans): string[][] {
  return exporter.batches.map((batch) => batch.map(({ name }) => name));
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("fragments", () => {
  test("that come within the delay share an export, whole and in order", async () => {
    const exporter = new KeptSpans();
    const { queue, health } = queueOf(exporter);
    queue.add(fragment("a", 2));
    await vi.advanceTimersByTimeAsync(99);
    queue.add(fragment("b", 1));
    expect(exporter.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(namesOf(exporter)).toEqual([["a.0", "a.1", "b.0"]]);
    expect(health.snapshot()).toEqual({ fragments_exported: 2, spans_exported: 3 });
  });

  test("are never torn: one that does not fit into an export opens the next", async () => {
    const exporter = new KeptSpans();
    const { queue } = queueOf(exporter);
    queue.add(fragment("a", 300));
    queue.add(fragment("b", 300));
    queue.add(fragment("c", 200));
    await queue.forceFlush();
    expect(exporter.batches.map((batch) => batch.length)).toEqual([300, 500]);
  });

  test("larger than an export go out in one of their own", async () => {
    const exporter = new KeptSpans();
    const { queue } = queueOf(exporter);
    queue.add(fragment("a", 900));
    queue.add(fragment("b", 1));
    await queue.forceFlush();
    expect(exporter.batches.map((batch) => batch.length)).toEqual([900, 1]);
  });

  test("without spans are none", async () => {
    const exporter = new KeptSpans();
    const { queue, health } = queueOf(exporter);
    queue.add([]);
    expect(vi.getTimerCount()).toBe(0);
    await queue.forceFlush();
    expect(exporter.batches).toEqual([]);
    expect(health.snapshot()).toEqual({});
  });

  test("wait for resource attributes that are still on their way", async () => {
    const exporter = new KeptSpans();
    const { queue } = queueOf(exporter);
    let arrive: () => void = () => {};
    const resource = {
      asyncAttributesPending: true,
      waitForAsyncAttributes: () =>
        new Promise<void>((resolve) => {
          arrive = resolve;
        }),
    };
    queue.add([{ name: "a", resource } as unknown as ReadableSpan]);
    const flushed = queue.forceFlush();
    expect(exporter.batches).toEqual([]);
    arrive();
    await flushed;
    expect(namesOf(exporter)).toEqual([["a"]]);
  });

  test("go out although a resource's attributes never came", async () => {
    const exporter = new KeptSpans();
    const { queue } = queueOf(exporter);
    const resource = {
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => Promise.reject(new Error("no")),
    };
    queue.add([{ name: "a", resource } as unknown as ReadableSpan]);
    await queue.forceFlush();
    expect(namesOf(exporter)).toEqual([["a"]]);
  });

  test("that come while an export runs go out after it, one export at a time", async () => {
    const exporter = new HeldExporter();
    const { queue } = queueOf(exporter);
    queue.add(fragment("a", 1));
    const flushed = queue.forceFlush();
    queue.add(fragment("b", 1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(namesOf(exporter)).toEqual([["a.0"]]);
    exporter.waiting[0]?.({ code: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(namesOf(exporter)).toEqual([["a.0"], ["b.0"]]);
    exporter.waiting[1]?.({ code: 0 });
    await flushed;
  });

  test("that come at any moment of an ending export go out, too", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const exporter = new KeptSpans();
      const { queue } = queueOf(exporter);
      queue.add(fragment("a", 1));
      void queue.forceFlush();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      queue.add(fragment("b", 1));
      await vi.advanceTimersByTimeAsync(1000);
      expect(
        exporter.spans.map(({ name }) => name),
        `added after ${turns} turns`,
      ).toEqual(["a.0", "b.0"]);
    }
  });
});

describe("the bound", () => {
  test("drops what comes beyond it, whole, and counts it", async () => {
    const exporter = new KeptSpans();
    const { queue, health } = queueOf(exporter, { maxQueuedSpans: 5 });
    queue.add(fragment("a", 3));
    queue.add(fragment("b", 3));
    queue.add(fragment("c", 2));
    queue.add(fragment("d", 1));
    expect(health.snapshot()).toEqual({ fragments_dropped: 2, spans_dropped: 4 });
    await queue.forceFlush();
    expect(namesOf(exporter)).toEqual([["a.0", "a.1", "a.2", "c.0", "c.1"]]);
  });

  test("has room again when an export has taken what waited", async () => {
    const exporter = new KeptSpans();
    const { queue, health } = queueOf(exporter, { maxQueuedSpans: 2 });
    for (let i = 0; i < 10; i++) {
      queue.add(fragment(`${i}`, 2));
      await queue.forceFlush();
    }
    expect(health.snapshot()).toEqual({ fragments_exported: 10, spans_exported: 20 });
  });

  test("holds while an export hangs: what is being sent counts no more, what waits does", () => {
    const exporter = new HeldExporter();
    const { queue, health } = queueOf(exporter, { maxQueuedSpans: 2 });
    queue.add(fragment("a", 2));
    void queue.forceFlush();
    for (let i = 0; i < 100; i++) queue.add(fragment(`${i}`, 2));
    expect(health.snapshot()).toEqual({ fragments_dropped: 99, spans_dropped: 198 });
  });
});

describe("close", () => {
  test("hands everything over at once, and takes no more", async () => {
    const exporter = new HeldExporter();
    const { queue, health } = queueOf(exporter);
    queue.add(fragment("a", 400));
    queue.add(fragment("b", 400));
    const closed = queue.close();
    expect(exporter.batches.map((batch) => batch.length)).toEqual([400, 400]);
    queue.add(fragment("late", 1));
    for (const done of exporter.waiting) done({ code: 0 });
    await closed;
    expect(health.snapshot()).toEqual({
      fragments_exported: 2,
      spans_exported: 800,
      fragments_dropped: 1,
      spans_dropped: 1,
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("waits for the export that runs", async () => {
    const exporter = new HeldExporter();
    const { queue } = queueOf(exporter);
    queue.add(fragment("a", 1));
    void queue.forceFlush();
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(closed).toBe(false);
    exporter.waiting[0]?.({ code: 0 });
    await closing;
  });

  test("is harmless on an empty queue, and twice", async () => {
    const { queue, health } = queueOf(new KeptSpans());
    await queue.close();
    await queue.close();
    expect(health.snapshot()).toEqual({});
  });
});

describe("an exporter", () => {
  const failures: Record<string, (batch: ReadableSpan[], done: Done) => void> = {
    "that throws": () => {
      throw new Error("no such host");
    },
    "that throws something that is no error": () => {
      throw "no such host";
    },
    "that fails": (_, done) => done({ code: 1, error: new Error("no such host") }),
    "that fails without a reason": (_, done) => done({ code: 1 }),
    "that answers nothing": (_, done) => (done as (result?: unknown) => void)(),
  };

  test.each(Object.entries(failures))(
    "%s loses its batch, counted, and not the next one",
    async (_, fail) => {
      const exporter = new KeptSpans();
      let broken = true;
      const { queue, health } = queueOf({
        export: (batch, done) => (broken ? fail(batch, done) : exporter.export(batch, done)),
        shutdown: async () => {},
      });
      queue.add(fragment("a", 2));
      await queue.forceFlush();
      expect(health.snapshot()).toEqual({ fragments_dropped: 1, spans_dropped: 2 });
      broken = false;
      queue.add(fragment("b", 1));
      await vi.advanceTimersByTimeAsync(100);
      expect(namesOf(exporter)).toEqual([["b.0"]]);
      expect(health.snapshot()).toMatchObject({ fragments_exported: 1, spans_exported: 1 });
    },
  );

  test("that never answers loses its batch after the time limit, and not the next one", async () => {
    const exporter = new HeldExporter();
    const { queue, health } = queueOf(exporter, { exportTimeoutMs: 500 });
    queue.add(fragment("a", 2));
    await vi.advanceTimersByTimeAsync(100);
    queue.add(fragment("b", 1));
    await vi.advanceTimersByTimeAsync(499);
    expect(health.snapshot()).toEqual({});
    await vi.advanceTimersByTimeAsync(1);
    expect(health.snapshot()).toEqual({ fragments_dropped: 1, spans_dropped: 2 });
    exporter.waiting[1]?.({ code: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 1, spans_exported: 1 });
  });

  test("that answers too late, or twice, is counted once", async () => {
    const exporter = new HeldExporter();
    const { queue, health } = queueOf(exporter, { exportTimeoutMs: 500 });
    queue.add(fragment("a", 1));
    await vi.advanceTimersByTimeAsync(600);
    exporter.waiting[0]?.({ code: 0 });
    exporter.waiting[0]?.({ code: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(health.snapshot()).toEqual({ fragments_dropped: 1, spans_dropped: 1 });
  });

  test("that answers nothing, later, meets no exception of ours", async () => {
    const exporter = new HeldExporter();
    const { queue, health } = queueOf(exporter);
    queue.add(fragment("a", 1));
    const flushed = queue.forceFlush();
    expect(() => (exporter.waiting[0] as (result?: unknown) => void)()).not.toThrow();
    await flushed;
    expect(health.snapshot()).toEqual({ fragments_dropped: 1, spans_dropped: 1 });
  });

  test("that answers in time leaves no timer behind", async () => {
    const { queue } = queueOf(new KeptSpans());
    queue.add(fragment("a", 1));
    await queue.forceFlush();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("runs where nothing is traced: its own requests make no spans", async () => {
    context.setGlobalContextManager(new StackContextManager().enable());
    let suppressed = false;
    const { queue } = queueOf({
      export: (_, done) => {
        suppressed = isTracingSuppressed(context.active());
        done({ code: 0 });
      },
      shutdown: async () => {},
    });
    queue.add(fragment("a", 1));
    await queue.forceFlush();
    context.disable();
    expect(suppressed).toBe(true);
  });
});
