// The queue of failing requests: whole fragments in order, the time limits of flush and close, and what an exporter does.

import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { type ReadableSpan, type SpanExporter, StackContextManager } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { fragmentOf, HeldExporter, queueOf, settled, spanOf } from "../../support/queue.ts";
import { KeptSpans } from "../../support/sdk.ts";

type Done = Parameters<SpanExporter["export"]>[1];

function namesOf(exporter: KeptSpans): string[][] {
  return exporter.batches.map((batch) => batch.map(({ name }) => name));
}

function sizesOf(exporter: KeptSpans): number[] {
  return exporter.batches.map((batch) => batch.length);
}

describe("fragments", () => {
  test("that come within the delay share an export, whole and in order", async () => {
    const { queue, exporter, health, timing } = queueOf({ exporter: new KeptSpans() });
    queue.add(fragmentOf("a", 2, { represents: 3 }));
    await timing.advance(99);
    queue.add(fragmentOf("b", 1));
    expect(exporter.batches).toEqual([]);
    await timing.advance(1);
    expect(namesOf(exporter)).toEqual([["a.0", "a.1", "b.0"]]);
    expect(health.snapshot()).toEqual({ fragments_exported: 2, spans_exported: 3, represents_written: 3 });
    expect(timing.pending).toBe(0);
  });

  test("that are urgent are with the exporter in the same tick, and take with them what waits", async () => {
    const { queue, exporter, timing } = queueOf({ exporter: new KeptSpans(), exportDelayMs: 2_000 });
    queue.add(fragmentOf("a"));
    await timing.advance(500);
    let isNextTick = false;
    process.nextTick(() => setImmediate(() => (isNextTick = true)));
    queue.add(fragmentOf("b", 1, { isUrgent: true }));
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(namesOf(exporter)).toEqual([["a.0", "b.0"]]);
    expect(isNextTick).toBe(false);
    await timing.advance(0);
    queue.add(fragmentOf("c"));
    await timing.advance(1_999);
    expect(exporter.batches.length).toBe(1);
    await timing.advance(1);
    expect(namesOf(exporter).at(-1)).toEqual(["c.0"]);
    expect(timing.pending).toBe(0);
  });

  test("that are urgent wait for the export that is under way, and share the next one", async () => {
    const { queue, exporter, timing } = queueOf({ exportDelayMs: 2_000 });
    queue.add(fragmentOf("a", 1, { isUrgent: true }));
    await timing.advance(0);
    queue.add(fragmentOf("b", 1, { isUrgent: true }));
    queue.add(fragmentOf("c", 1, { isUrgent: true }));
    await timing.advance(500);
    expect(exporter.names).toEqual([["a.0"]]);
    await exporter.succeed();
    expect(exporter.names).toEqual([["a.0"], ["b.0", "c.0"]]);
  });

  test("do not wait once they fill an export, or half of the queue", async () => {
    for (const { maxQueuedSpans, enough } of [
      { maxQueuedSpans: 8_192, enough: 512 },
      { maxQueuedSpans: 100, enough: 50 },
    ]) {
      const { queue, exporter, health, timing } = queueOf({
        exporter: new KeptSpans(),
        exportDelayMs: 2_000,
        maxQueuedSpans,
      });
      for (let i = 1; i < enough; i++) queue.add(fragmentOf(`${i}`));
      await timing.advance(0);
      expect(exporter.batches).toEqual([]);
      queue.add(fragmentOf("last"));
      await timing.advance(0);
      expect(sizesOf(exporter)).toEqual([enough]);
      expect(health.snapshot()).not.toHaveProperty("fragments_dropped");
    }
  });

  test("of many bytes do not wait either", async () => {
    const { queue, exporter, timing } = queueOf({
      exporter: new KeptSpans(),
      exportDelayMs: 2_000,
      maxQueuedBytes: 16_777_216,
    });
    queue.add(fragmentOf("", 1, { spans: [spanOf("x".repeat(1_100_000))] }));
    await timing.advance(0);
    expect(sizesOf(exporter)).toEqual([1]);
  });

  test("that come while an export runs wait for others after it", async () => {
    const { queue, exporter, timing } = queueOf({ exportDelayMs: 2_000 });
    queue.add(fragmentOf("a"));
    await timing.advance(2_000);
    queue.add(fragmentOf("b"));
    await exporter.succeed();
    expect(exporter.names).toEqual([["a.0"]]);
    await timing.advance(1_000);
    queue.add(fragmentOf("c"));
    await timing.advance(999);
    expect(exporter.names).toEqual([["a.0"]]);
    await timing.advance(1);
    expect(exporter.names).toEqual([["a.0"], ["b.0", "c.0"]]);
  });

  test("that come while the exporter is down do not hurry it, urgent or not", async () => {
    const { queue, exporter, timing } = queueOf({ exportDelayMs: 2_000 });
    queue.add(fragmentOf("a", 1, { isUrgent: true }));
    await timing.advance(100);
    await exporter.fail();
    queue.add(fragmentOf("b", 1, { isUrgent: true }));
    await timing.advance(999);
    expect(exporter.calls.length).toBe(1);
    expect(timing.pending).toBe(1);
    await timing.advance(1);
    expect(exporter.names).toEqual([["a.0"], ["a.0"]]);
    await exporter.succeed();
    expect(exporter.names.at(-1)).toEqual(["b.0"]);
  });

  test("are flushed and closed at once, however long they may wait", async () => {
    for (const end of ["forceFlush", "close"] as const) {
      const { queue, exporter, timing } = queueOf({ exporter: new KeptSpans(), exportDelayMs: 60_000 });
      queue.add(fragmentOf("a"));
      await queue[end]();
      expect(namesOf(exporter)).toEqual([["a.0"]]);
      expect(timing.pending).toBe(0);
    }
  });

  test("that come while an export runs, and are then flushed, go out right after it", async () => {
    const { queue, exporter } = queueOf({ exportDelayMs: 2_000 });
    queue.add(fragmentOf("a"));
    void queue.forceFlush();
    await settled();
    queue.add(fragmentOf("b"));
    const flushed = queue.forceFlush();
    await exporter.succeed();
    expect(exporter.names).toEqual([["a.0"], ["b.0"]]);
    await exporter.succeed();
    await flushed;
  });

  test("go out in the order in which they came, whatever their verdict", async () => {
    const { queue, exporter } = queueOf({ exporter: new KeptSpans() });
    for (const verdict of ["failed", "ok", "rejected", "handled", "failed", "ok"] as const) {
      queue.add(fragmentOf(verdict, 1, { verdict }));
    }
    await queue.forceFlush();
    expect(namesOf(exporter)).toEqual([["failed.0", "ok.0", "rejected.0", "handled.0", "failed.0", "ok.0"]]);
  });

  test("are never torn: one that does not fit into an export opens the next", async () => {
    const { queue, exporter } = queueOf({ exporter: new KeptSpans() });
    queue.add(fragmentOf("a", 300));
    queue.add(fragmentOf("b", 300));
    queue.add(fragmentOf("c", 200));
    await queue.forceFlush();
    expect(sizesOf(exporter)).toEqual([300, 500]);
  });

  test("larger than an export go out in one of their own", async () => {
    const { queue, exporter } = queueOf({ exporter: new KeptSpans() });
    queue.add(fragmentOf("a", 900));
    queue.add(fragmentOf("b", 1));
    await queue.forceFlush();
    expect(sizesOf(exporter)).toEqual([900, 1]);
  });

  test("of many bytes share an export of few spans, and larger than one MiB go alone", async () => {
    const { queue, exporter } = queueOf({ exporter: new KeptSpans(), maxQueuedBytes: 16_777_216 });
    const fragment = (bytes: number) => fragmentOf("", 1, { spans: [spanOf("x".repeat(bytes))] });
    for (const bytes of [500_000, 500_000, 500_000, 3_000_000, 500_000]) queue.add(fragment(bytes));
    await queue.forceFlush();
    expect(sizesOf(exporter)).toEqual([2, 1, 1, 1]);
  });

  test("without spans are none, and what they stand for is not written", async () => {
    const { queue, exporter, health, timing } = queueOf({ exporter: new KeptSpans() });
    queue.add(fragmentOf("a", 0));
    queue.add(fragmentOf("b", 0, { represents: 2 }));
    expect(timing.pending).toBe(0);
    await queue.forceFlush();
    expect(exporter.batches).toEqual([]);
    expect(health.snapshot()).toEqual({ represents_dropped: 2 });
  });

  test("that cannot be read are dropped, and nothing is thrown", async () => {
    const { queue, exporter, health } = queueOf({ exporter: new KeptSpans() });
    const broken = Object.defineProperty(spanOf("a"), "attributes", {
      get() {
        throw new Error("no attributes");
      },
    });
    queue.add(fragmentOf("a", 1, { spans: [broken], represents: 1 }));
    queue.add(fragmentOf("b"));
    await queue.forceFlush();
    expect(namesOf(exporter)).toEqual([["b.0"]]);
    expect(health.snapshot()).toEqual({
      internal_errors: 1,
      fragments_dropped: 1,
      spans_dropped: 1,
      represents_dropped: 1,
      fragments_exported: 1,
      spans_exported: 1,
    });
  });

  test("that come while an export runs go out after it, one export at a time", async () => {
    const { queue, exporter, timing } = queueOf();
    queue.add(fragmentOf("a"));
    const flushed = queue.forceFlush();
    await settled();
    queue.add(fragmentOf("b"));
    await timing.advance(1000);
    expect(exporter.names).toEqual([["a.0"]]);
    await exporter.succeed();
    expect(exporter.names).toEqual([["a.0"], ["b.0"]]);
    await exporter.succeed();
    await flushed;
  });

  test("that come at any moment of an ending export go out, too", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const { queue, exporter, timing } = queueOf({ exporter: new KeptSpans() });
      queue.add(fragmentOf("a"));
      void queue.forceFlush();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      queue.add(fragmentOf("b"));
      await timing.advance(1000);
      expect(
        exporter.spans.map(({ name }) => name),
        `added after ${turns} turns`,
      ).toEqual(["a.0", "b.0"]);
    }
  });
});

describe("resource attributes that are still on their way", () => {
  /** A resource whose attributes come when the test says so. */
  function pendingResource() {
    let resolve = (): void => {};
    let reject = (): void => {};
    const promise = new Promise<void>((...ends) => {
      [resolve, reject] = ends;
    });
    const resource = { asyncAttributesPending: true, waitForAsyncAttributes: () => promise };
    return { resource: resource as unknown as ReadableSpan["resource"], resolve, reject };
  }

  test.each(["resolve", "reject"] as const)("are waited for (%s)", async (end) => {
    const { queue, exporter } = queueOf({ exporter: new KeptSpans() });
    const { resource, ...ends } = pendingResource();
    queue.add(fragmentOf("a", 1, { spans: [spanOf("a", { resource })] }));
    const flushed = queue.forceFlush();
    await settled();
    expect(exporter.batches).toEqual([]);
    ends[end]();
    await flushed;
    expect(namesOf(exporter)).toEqual([["a"]]);
  });

  test("are waited for no longer than an export", async () => {
    const { queue, exporter, timing } = queueOf({ exporter: new KeptSpans() });
    const { resource } = pendingResource();
    queue.add(fragmentOf("a", 1, { spans: [spanOf("a", { resource })] }));
    await timing.advance(100 + 29_999);
    expect(exporter.batches).toEqual([]);
    await timing.advance(1);
    expect(namesOf(exporter)).toEqual([["a"]]);
  });

  test("that come after the close was over export nothing any more", async () => {
    const { queue, exporter, health, timing } = queueOf({ maxQueuedSpans: 10_000 });
    const { resource, resolve } = pendingResource();
    for (let i = 0; i < 16; i++) queue.add(fragmentOf(`${i}`, 512));
    queue.add(fragmentOf("a", 1, { spans: [spanOf("a", { resource })] }));
    const closed = queue.close();
    await timing.advance(10_000);
    await exporter.succeed(0);
    await timing.advance(20_000);
    await closed;
    resolve();
    await settled();
    expect(exporter.calls.length).toBe(16);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 1, fragments_dropped: 16 });
  });
});

describe("a flush", () => {
  test("ends when the exporter fails; what is left is tried again later", async () => {
    const { queue, exporter, health, timing } = queueOf();
    queue.add(fragmentOf("a"));
    const flushed = queue.forceFlush();
    await exporter.fail();
    await flushed;
    expect(health.snapshot()).toEqual({ exports_failed: 1 });
    await timing.advance(1000);
    expect(exporter.names).toEqual([["a.0"], ["a.0"]]);
  });

  test("does not wait for the next try of an exporter that failed", async () => {
    const { queue, exporter, health } = queueOf();
    queue.add(fragmentOf("a"));
    void queue.forceFlush();
    await exporter.fail();
    const flushed = queue.forceFlush();
    await settled();
    expect(exporter.calls.length).toBe(2);
    await exporter.succeed();
    await flushed;
    expect(health.snapshot()).toMatchObject({ fragments_exported: 1 });
  });

  test("of many exports, each slow, ends within the time of one; the rest still goes out", async () => {
    const { queue, exporter, health, timing } = queueOf({ exportTimeoutMs: 1000 });
    for (const name of ["a", "b", "c"]) queue.add(fragmentOf(name, 300));
    let over = false;
    void queue.forceFlush().then(() => {
      over = true;
    });
    await timing.advance(600);
    await exporter.succeed();
    await timing.advance(399);
    expect(over).toBe(false);
    await timing.advance(1);
    expect(over).toBe(true);
    await exporter.succeed();
    await exporter.succeed();
    expect(health.snapshot()).toEqual({ fragments_exported: 3, spans_exported: 900 });
  });

  test("of a hung exporter ends", async () => {
    const { queue, timing } = queueOf();
    queue.add(fragmentOf("a"));
    let over = false;
    void queue.forceFlush().then(() => {
      over = true;
    });
    await timing.advance(30_000);
    expect(over).toBe(true);
  });

  test("leaves no timer behind", async () => {
    const { queue, timing } = queueOf({ exporter: new KeptSpans() });
    queue.add(fragmentOf("a"));
    await queue.forceFlush();
    await queue.forceFlush();
    expect(timing.pending).toBe(0);
  });
});

describe("close", () => {
  test("hands everything over at once, and takes no more", async () => {
    const { queue, exporter, health, timing } = queueOf();
    queue.add(fragmentOf("a", 400));
    queue.add(fragmentOf("b", 400));
    const closed = queue.close();
    expect(exporter.names.map((names) => names.length)).toEqual([400, 400]);
    queue.add(fragmentOf("late", 1, { represents: 1 }));
    await exporter.succeed(0);
    await exporter.succeed(1);
    await closed;
    expect(health.snapshot()).toEqual({
      fragments_exported: 2,
      spans_exported: 800,
      fragments_dropped: 1,
      spans_dropped: 1,
      represents_dropped: 1,
    });
    expect(timing.pending).toBe(0);
  });

  test("of more than an exporter takes at one time goes on as it answers", async () => {
    const { queue, exporter, health } = queueOf({ maxQueuedSpans: 20_000 });
    for (let i = 0; i < 40; i++) queue.add(fragmentOf(`${i}`, 500));
    const closed = queue.close();
    expect(exporter.calls.length).toBe(16);
    for (let i = 0; i < 40; i++) await exporter.succeed(i);
    await closed;
    expect(exporter.calls.length).toBe(40);
    expect(health.snapshot()).toEqual({ fragments_exported: 40, spans_exported: 20_000 });
  });

  test("waits for the export that runs", async () => {
    const { queue, exporter, timing } = queueOf();
    queue.add(fragmentOf("a"));
    void queue.forceFlush();
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await timing.advance(1000);
    expect(closed).toBe(false);
    await exporter.succeed();
    await closing;
    expect(exporter.calls.length).toBe(1);
  });

  test("ends the wait of an exporter that failed: a last try at once, then all is dropped", async () => {
    const { queue, exporter, health, timing } = queueOf();
    queue.add(fragmentOf("a", 2, { represents: 4 }));
    queue.add(fragmentOf("b"));
    void queue.forceFlush();
    await exporter.fail();
    const closed = queue.close();
    expect(exporter.names).toEqual([
      ["a.0", "a.1", "b.0"],
      ["a.0", "a.1", "b.0"],
    ]);
    await exporter.fail();
    await closed;
    expect(health.snapshot()).toEqual({
      exports_failed: 2,
      fragments_dropped: 2,
      spans_dropped: 3,
      represents_dropped: 4,
    });
    await timing.advance(100_000);
    expect(exporter.calls.length).toBe(2);
    expect(timing.pending).toBe(0);
  });

  test("of a hung exporter ends within the time of one export, with all dropped and counted", async () => {
    const { queue, exporter, health, timing } = queueOf({ maxQueuedSpans: 20_000 });
    for (let i = 0; i < 20; i++) queue.add(fragmentOf(`${i}`, 400, { represents: 1 }));
    await timing.advance(100);
    let closed = false;
    void queue.close().then(() => {
      closed = true;
    });
    await timing.advance(29_999);
    expect(closed).toBe(false);
    await timing.advance(1);
    expect(closed).toBe(true);
    const counts = health.snapshot();
    expect(counts).toMatchObject({ fragments_dropped: 20, spans_dropped: 8000, represents_dropped: 20 });
    expect(queue.held.fragments).toBe(0);
    // Answers that come after the end change nothing.
    for (const { done } of [...exporter.calls]) done({ code: 0 });
    await timing.advance(100_000);
    expect(health.snapshot()).toEqual(counts);
  });

  test("tries each batch once, also where others are still under way", async () => {
    const { queue, exporter, health } = queueOf();
    for (const name of ["a", "b"]) queue.add(fragmentOf(name, 400));
    const closed = queue.close();
    await exporter.fail(undefined, 0);
    await exporter.succeed(1);
    await closed;
    expect(exporter.calls.length).toBe(2);
    expect(health.snapshot()).toMatchObject({ fragments_dropped: 1, fragments_exported: 1 });
  });

  test("is what a flush waits for that comes after it", async () => {
    const { queue, exporter } = queueOf();
    queue.add(fragmentOf("a"));
    void queue.close();
    let flushed = false;
    const flushing = queue.forceFlush().then(() => {
      flushed = true;
    });
    await settled();
    expect(flushed).toBe(false);
    await exporter.succeed();
    await flushing;
  });

  test("is harmless on an empty queue, and twice", async () => {
    const { queue, health, timing } = queueOf();
    await queue.close();
    await queue.close();
    await queue.forceFlush();
    expect(health.snapshot()).toEqual({});
    expect(timing.pending).toBe(0);
  });
});

describe("an exporter", () => {
  const failures: Record<string, (batch: ReadableSpan[], done: Done) => unknown> = {
    "that throws": () => {
      throw new Error("no such host");
    },
    "that throws something that is no error": () => {
      throw "no such host";
    },
    "that rejects": () => Promise.reject(new Error("no such host")),
    "that fails": (_, done) => done({ code: 1, error: new Error("no such host") }),
    "that fails without a reason": (_, done) => done({ code: 1 }),
    "that fails with something that is no error": (_, done) =>
      done({ code: 1, error: "no such host" as never }),
    "that answers nothing": (_, done) => (done as (result?: unknown) => void)(),
  };

  test.each(Object.entries(failures))("%s loses nothing when it does well again", async (_, fail) => {
    const kept = new KeptSpans();
    let broken = true;
    const exporter: SpanExporter = {
      export: (batch, done) => (broken ? fail(batch, done) : kept.export(batch, done)) as undefined,
      shutdown: async () => {},
    };
    const { queue, health, timing } = queueOf({ exporter });
    queue.add(fragmentOf("a", 2));
    await queue.forceFlush();
    expect(health.snapshot()).toEqual({ exports_failed: 1 });
    broken = false;
    queue.add(fragmentOf("b"));
    await timing.advance(1000);
    expect(kept.spans.map(({ name }) => name)).toEqual(["a.0", "a.1", "b.0"]);
    expect(health.snapshot()).toEqual({ exports_failed: 1, fragments_exported: 2, spans_exported: 3 });
    expect(timing.pending).toBe(0);
  });

  test("that answers nothing, later, meets no exception of ours", async () => {
    const { queue, exporter } = queueOf();
    queue.add(fragmentOf("a"));
    void queue.forceFlush();
    await settled();
    const done = exporter.calls[0]?.done as (result?: unknown) => void;
    expect(() => done()).not.toThrow();
  });

  test("that answers twice is counted once", async () => {
    const { queue, exporter, health } = queueOf();
    queue.add(fragmentOf("a"));
    void queue.forceFlush();
    await exporter.succeed(0);
    await exporter.succeed(0);
    await exporter.fail(undefined, 0);
    expect(health.snapshot()).toEqual({ fragments_exported: 1, spans_exported: 1 });
  });

  test("that hangs does not hold up another queue's", async () => {
    const hung = queueOf();
    const kept = new KeptSpans();
    const other = queueOf({ exporter: kept });
    for (const { queue } of [hung, other]) queue.add(fragmentOf("a"));
    await Promise.all([hung.timing.advance(200), other.timing.advance(200)]);
    expect(kept.spans.length).toBe(1);
  });

  test("that calls back into the queue does no harm", async () => {
    const inner = new HeldExporter();
    const exporter: SpanExporter = {
      export: (batch, done) => {
        queue.add(fragmentOf("b"));
        void queue.forceFlush();
        void queue.close();
        inner.export(batch, done);
      },
      shutdown: async () => {},
    };
    const { queue, health } = queueOf({ exporter });
    queue.add(fragmentOf("a"));
    void queue.forceFlush();
    await settled();
    await inner.succeed(0);
    await inner.succeed(1);
    await queue.close();
    expect(inner.names).toEqual([["b.0"], ["a.0"]]);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 2, fragments_dropped: 1 });
  });

  test("runs where nothing is traced: its own requests make no spans", async () => {
    context.setGlobalContextManager(new StackContextManager().enable());
    let suppressed = false;
    const exporter: SpanExporter = {
      export: (_, done) => {
        suppressed = isTracingSuppressed(context.active());
        done({ code: 0 });
      },
      shutdown: async () => {},
    };
    const { queue } = queueOf({ exporter });
    queue.add(fragmentOf("a"));
    await queue.forceFlush();
    context.disable();
    expect(suppressed).toBe(true);
  });
});
