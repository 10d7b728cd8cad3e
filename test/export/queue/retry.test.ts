// What the queue does about an exporter that fails: which errors it takes another time, how long it waits, and for whom.

import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { backoffMs, remedyFor } from "../../../src/export/queue/export-failure.ts";
import { errorOf, fragmentOf, HeldExporter, queueOf, settled } from "../../support/queue.ts";

describe("an error", () => {
  test.each([
    ["of the network", errorOf("ECONNREFUSED")],
    ["of something that is no HTTP", errorOf("HPE_INVALID_CONSTANT")],
    ["that the OTLP exporter has repeated in vain", new Error("Export failed with retryable status")],
    ["of a timeout, a DOMException", errorOf(23)],
    ["that says nothing", new Error()],
    ["408", errorOf(408)],
    ["429", errorOf(429)],
    ["500", errorOf(500)],
    ["502", errorOf(502)],
    ["503", errorOf(503)],
    ["504", errorOf(504)],
    ["gRPC cancelled", errorOf(1)],
    ["gRPC unknown", errorOf(2)],
    ["gRPC deadline-exceeded", errorOf(4)],
    ["gRPC resource-exhausted, a quota", errorOf(8, "8 RESOURCE_EXHAUSTED: quota exceeded")],
    ["gRPC internal", errorOf(13)],
    ["gRPC unavailable", errorOf(14)],
  ])("%s passes", (_, error) => {
    expect(remedyFor(error)).toBe("retry");
  });

  test.each([
    ["400", errorOf(400)],
    ["413", errorOf(413)],
    ["gRPC invalid-argument", errorOf(3)],
    [
      "gRPC resource-exhausted, a size",
      errorOf(8, "8 RESOURCE_EXHAUSTED: grpc: received message larger than max (5242880 vs. 4194304)"),
    ],
  ])("%s is about what was sent", (_, error) => {
    expect(remedyFor(error)).toBe("split");
  });

  test.each([301, 401, 403, 404, 405, 415, 501, 505, 5, 7, 9, 12, 16])("%i does not pass", (code) => {
    expect(remedyFor(errorOf(code))).toBe("drop");
  });

  test.each([undefined, null, "no such host", 7])("that is none (%s) passes", (error) => {
    expect(remedyFor(error)).toBe("retry");
  });
});

describe("the wait after a failure", () => {
  test("doubles up to half a minute", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100, 5000].map((failures) => backoffMs(failures, 0))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000,
    ]);
  });

  test("is shorter by chance, by up to a half", () => {
    expect(backoffMs(2, 0.5)).toBe(1500);
    expect(backoffMs(2, 1)).toBe(1000);
  });

  test("comes between the tries, and begins anew after a success", async () => {
    const { queue, exporter, timing } = queueOf();
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    for (const ms of [1000, 2000, 4000]) {
      const { length } = exporter.calls;
      await exporter.fail();
      await timing.advance(ms - 1);
      expect(exporter.calls.length).toBe(length);
      await timing.advance(1);
      expect(exporter.calls.length).toBe(length + 1);
    }
    await exporter.succeed();
    queue.add(fragmentOf("b"));
    await timing.advance(100);
    await exporter.fail();
    await timing.advance(1000);
    expect(exporter.names.slice(-2)).toEqual([["b.0"], ["b.0"]]);
  });

  test("is not cut short by a fragment that comes meanwhile", async () => {
    const { queue, exporter, timing } = queueOf();
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    await exporter.fail();
    queue.add(fragmentOf("b"));
    await timing.advance(999);
    expect(exporter.calls.length).toBe(1);
  });

  test("is not cut short by a fragment that came while the export ran", async () => {
    const { queue, exporter, timing } = queueOf();
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    queue.add(fragmentOf("b"));
    await exporter.fail();
    await timing.advance(999);
    expect(exporter.calls.length).toBe(1);
    await timing.advance(1);
    expect(exporter.calls.length).toBe(2);
  });

  test("begins anew after an answer that took nothing", async () => {
    const { queue, exporter, timing } = queueOf();
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    await exporter.fail();
    await timing.advance(1000);
    await exporter.fail();
    await timing.advance(2000);
    await exporter.fail(errorOf(401));
    queue.add(fragmentOf("b"));
    await timing.advance(100);
    await exporter.fail();
    await timing.advance(1000);
    expect(exporter.names.slice(-2)).toEqual([["b.0"], ["b.0"]]);
  });

  test("takes its chance from outside", async () => {
    const { queue, exporter, timing } = queueOf();
    timing.chance = 0.8;
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    await exporter.fail();
    await timing.advance(599);
    expect(exporter.calls.length).toBe(1);
    await timing.advance(1);
    expect(exporter.calls.length).toBe(2);
  });
});

/** An exporter that is down until the test says otherwise. */
class DownExporter extends HeldExporter {
  up = false;

  override export(...[batch, done]: Parameters<SpanExporter["export"]>): void {
    super.export(batch, done);
    done(this.up ? { code: 0 } : { code: 1, error: errorOf("ECONNREFUSED") });
  }
}

describe("an exporter that is down", () => {
  test("for half a minute and then back loses nothing, and gets it in order", async () => {
    const exporter = new DownExporter();
    const { queue, health, timing } = queueOf({ exporter });
    for (let i = 0; i < 100; i++) {
      queue.add(fragmentOf(`${i}`, 3, { represents: 2 }));
      await timing.advance(300);
    }
    expect(health.snapshot()).not.toHaveProperty("fragments_dropped");
    exporter.up = true;
    const before = exporter.calls.length;
    await timing.advance(30_000);
    expect(exporter.names.slice(before).flat()).toEqual(
      Array.from({ length: 300 }, (_, i) => `${Math.floor(i / 3)}.${i % 3}`),
    );
    expect(health.snapshot()).toMatchObject({
      fragments_exported: 100,
      spans_exported: 300,
      represents_written: 200,
    });
    expect(queue.held).toEqual({ fragments: 0, spans: 0, bytes: 0, represents: 0 });
  });

  test("for a day loses nothing that fits", async () => {
    const exporter = new DownExporter();
    const { queue, health, timing } = queueOf({ exporter });
    for (let i = 0; i < 10; i++) queue.add(fragmentOf(`${i}`));
    await timing.advance(86_400_000);
    exporter.up = true;
    await timing.advance(30_000);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 10 });
    expect(health.snapshot()).not.toHaveProperty("fragments_dropped");
  });

  test("is tried with fewer and fewer fragments, and gets more and more when it is back", async () => {
    const exporter = new DownExporter();
    const { queue, timing } = queueOf({ exporter });
    for (let i = 0; i < 8; i++) queue.add(fragmentOf(`${i}`));
    await timing.advance(100 + 1000 + 2000);
    exporter.up = true;
    await timing.advance(4000);
    expect(exporter.names.map(({ length }) => length)).toEqual([8, 4, 2, 1, 2, 4, 1]);
  });

  test("is told of once", async () => {
    const { queue, exporter, health, timing } = queueOf();
    const told: string[] = [];
    health.once = (_, message) => void told.push(message);
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    await exporter.fail(errorOf("ECONNREFUSED", "connect ECONNREFUSED"));
    expect(told).toEqual(["the exporter failed, failing requests wait for it: connect ECONNREFUSED"]);
  });
});

describe("an exporter that refuses what was sent", () => {
  /** Refuses every batch with one of these spans. */
  class ChoosyExporter extends HeldExporter {
    readonly #refused: readonly string[];
    readonly #error: Error;

    constructor(refused: readonly string[], error: Error) {
      super();
      this.#refused = refused;
      this.#error = error;
    }

    override export(...[batch, done]: Parameters<SpanExporter["export"]>): void {
      super.export(batch, done);
      const refused = batch.some(({ name }) => this.#refused.includes(name));
      done(refused ? { code: 1, error: this.#error } : { code: 0 });
    }
  }

  test.each([400, 413, 3])("with %i gets all but the fragment that it refuses, at once", async (code) => {
    const exporter = new ChoosyExporter(["5.0"], errorOf(code));
    const { queue, health } = queueOf({ exporter });
    for (let i = 0; i < 20; i++) queue.add(fragmentOf(`${i}`, 1, { represents: 1 }));
    await queue.forceFlush();
    expect(health.snapshot()).toMatchObject({
      fragments_exported: 19,
      fragments_dropped: 1,
      represents_written: 19,
      represents_dropped: 1,
    });
    expect(exporter.calls.length).toBeLessThan(16);
  });

  test("with 401 loses the batch, and the next one is tried", async () => {
    const { queue, exporter, health } = queueOf();
    queue.add(fragmentOf("a", 300));
    queue.add(fragmentOf("b", 300));
    void queue.forceFlush();
    await exporter.fail(errorOf(401));
    await exporter.succeed();
    expect(exporter.calls.length).toBe(2);
    expect(health.snapshot()).toEqual({
      exports_failed: 1,
      fragments_dropped: 1,
      spans_dropped: 300,
      fragments_exported: 1,
      spans_exported: 300,
    });
  });
});

describe("a fragment that makes the exporter fail", () => {
  /** Throws for one span, and while it is down for all. */
  class StumblingExporter extends DownExporter {
    override up = true;

    override export(...[batch, done]: Parameters<SpanExporter["export"]>): void {
      if (batch.some(({ name }) => name === "bad.0")) throw new TypeError("cannot serialize");
      super.export(batch, done);
    }
  }

  test("is found and dropped, the others go out within two minutes", async () => {
    const exporter = new StumblingExporter();
    const { queue, health, timing } = queueOf({ exporter });
    queue.add(fragmentOf("a"));
    queue.add(fragmentOf("bad", 1, { represents: 1 }));
    for (let i = 0; i < 10; i++) queue.add(fragmentOf(`${i}`));
    await timing.advance(120_000);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 11, fragments_dropped: 1 });
    expect(exporter.names.flat().sort()).toEqual(
      ["a.0", ...Array.from({ length: 10 }, (_, i) => `${i}.0`)].sort(),
    );
    expect(queue.held.fragments).toBe(0);
  });

  test("waits as long as nobody else does", async () => {
    const { queue, health, timing } = queueOf({ exporter: new StumblingExporter() });
    queue.add(fragmentOf("bad"));
    // Tried after 0, 1, 3, 7, 15 and 31 seconds, and then every half minute.
    await timing.advance(100 + 31_000 + 100 * 30_000);
    expect(queue.held.fragments).toBe(1);
    expect(health.snapshot()).toEqual({ exports_failed: 106 });
  });

  test("is not held to blame for an exporter that is down", async () => {
    const exporter = new DownExporter();
    const { queue, timing } = queueOf({ exporter });
    for (const name of ["a", "b", "c"]) queue.add(fragmentOf(name));
    await timing.advance(3_600_000);
    expect(queue.held.fragments).toBe(3);
    // The first one is tried alone, then the next one, and the order stays.
    expect(exporter.names.slice(0, 15).map(String)).toEqual([
      "a.0,b.0,c.0",
      ...["a.0", "a.0", "a.0", "a.0", "a.0", "a.0", "b.0"],
      ...["a.0", "a.0", "a.0", "a.0", "a.0", "a.0", "b.0"],
    ]);
    exporter.up = true;
    const before = exporter.calls.length;
    await timing.advance(60_000);
    expect(exporter.names.slice(before).flat().sort()).toEqual(["a.0", "b.0", "c.0"]);
    expect(queue.held.fragments).toBe(0);
  });

  test("and is held back while the queue closes still gets its last try", async () => {
    const exporter = new DownExporter();
    const { queue, health, timing } = queueOf({ exporter });
    queue.add(fragmentOf("a"));
    queue.add(fragmentOf("b"));
    // A batch, then six times the first one alone; the second one is next.
    await timing.advance(100 + 1000 + 2000 + 4000 + 8000 + 16_000 + 30_000);
    expect(exporter.calls.length).toBe(7);
    exporter.up = true;
    await queue.close();
    expect(exporter.names.at(-1)).toEqual(["a.0", "b.0"]);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 2 });
  });

  test("is dropped although the one behind it was refused", async () => {
    const { queue, exporter, health, timing } = queueOf();
    queue.add(fragmentOf("a"));
    queue.add(fragmentOf("b"));
    await timing.advance(100);
    for (let i = 0; i < 7; i++) {
      await exporter.fail();
      await timing.advance(30_000);
    }
    expect(exporter.names.at(-1)).toEqual(["b.0"]);
    await exporter.fail(errorOf(401));
    expect(exporter.names.at(-1)).toEqual(["a.0"]);
    await exporter.fail();
    expect(health.snapshot()).toMatchObject({ fragments_dropped: 2 });
  });

  /** A queue with two fragments, the first of them put aside after calls without an answer. */
  async function withOneAside() {
    const bench = queueOf({ exportTimeoutMs: 500 });
    bench.queue.add(fragmentOf("a"));
    bench.queue.add(fragmentOf("b"));
    while (bench.exporter.calls.length < 7) await bench.timing.advance(100);
    await bench.timing.advance(500);
    return bench;
  }

  test("and is held back is not sent again when an earlier call brought it after all", async () => {
    const { exporter, health, timing, queue } = await withOneAside();
    await exporter.succeed(3);
    await timing.advance(30_000);
    expect(exporter.names.at(-1)).toEqual(["b.0"]);
    const { length } = exporter.calls;
    await exporter.succeed();
    expect(exporter.calls.length).toBe(length);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 2 });
    expect(queue.held.fragments).toBe(0);
  });

  test("and is put aside does not stay there when nothing is left behind it", async () => {
    const { exporter, health, timing, queue } = await withOneAside();
    const { length } = exporter.calls;
    await exporter.succeed(0);
    await timing.advance(30_000);
    expect(exporter.calls.length).toBe(length);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 2 });
    expect(queue.held.fragments).toBe(0);
    expect(timing.pending).toBe(0);
  });
});

describe("an export without an answer in time", () => {
  test("is given up, and its batch sent again after a wait", async () => {
    const { queue, exporter, health, timing } = queueOf({ exportTimeoutMs: 500 });
    queue.add(fragmentOf("a", 2));
    await timing.advance(100);
    queue.add(fragmentOf("b"));
    await timing.advance(499);
    expect(health.snapshot()).toEqual({});
    await timing.advance(1);
    expect(health.snapshot()).toEqual({ exports_failed: 1 });
    expect(exporter.calls.length).toBe(1);
    await timing.advance(1000);
    await exporter.succeed();
    await exporter.succeed();
    expect(exporter.names).toEqual([["a.0", "a.1"], ["a.0", "a.1"], ["b.0"]]);
    expect(health.snapshot()).toMatchObject({ fragments_exported: 2, spans_exported: 3 });
  });

  test("is not sent a second time while its time is not over, flush or not", async () => {
    const { queue, exporter, timing } = queueOf({ exportTimeoutMs: 500 });
    queue.add(fragmentOf("a"));
    await timing.advance(100);
    void queue.forceFlush();
    await timing.advance(499);
    void queue.forceFlush();
    await settled();
    expect(exporter.calls.length).toBe(1);
  });

  test("that is answered well before it is sent again goes out no second time", async () => {
    const { queue, exporter, health, timing } = queueOf({ exportTimeoutMs: 500 });
    queue.add(fragmentOf("a", 1, { represents: 5 }));
    await timing.advance(600);
    await exporter.succeed(0);
    await exporter.succeed(0);
    await timing.advance(100_000);
    expect(exporter.calls.length).toBe(1);
    expect(health.snapshot()).toEqual({
      exports_failed: 1,
      fragments_exported: 1,
      spans_exported: 1,
      represents_written: 5,
    });
  });

  test.each(["succeed", "fail"] as const)(
    "that is answered well while it is sent again is counted once (%s)",
    async (end) => {
      const { queue, exporter, health, timing } = queueOf({ exportTimeoutMs: 500 });
      queue.add(fragmentOf("a"));
      await timing.advance(600 + 1000);
      expect(exporter.calls.length).toBe(2);
      await exporter.succeed(0);
      expect(health.snapshot()).toEqual({ exports_failed: 1 });
      await exporter[end]();
      await timing.advance(100_000);
      expect(exporter.calls.length).toBe(2);
      expect(health.snapshot()).toMatchObject({ fragments_exported: 1, spans_exported: 1 });
      expect(queue.held.fragments).toBe(0);
    },
  );

  test("that fails late changes nothing", async () => {
    const { queue, exporter, health, timing } = queueOf({ exportTimeoutMs: 500 });
    queue.add(fragmentOf("a"));
    await timing.advance(600);
    await exporter.fail(errorOf(400), 0);
    expect(health.snapshot()).toEqual({ exports_failed: 1 });
    expect(queue.held.fragments).toBe(1);
  });

  test("that is answered well after its fragment was dropped stays dropped", async () => {
    const { queue, exporter, health, timing } = queueOf({ exportTimeoutMs: 500, maxQueuedSpans: 1 });
    queue.add(fragmentOf("a"));
    await timing.advance(600);
    queue.add(fragmentOf("b"));
    await exporter.succeed(0);
    expect(health.snapshot()).toEqual({ exports_failed: 1, fragments_dropped: 1, spans_dropped: 1 });
    expect(queue.held.fragments).toBe(1);
  });
});
