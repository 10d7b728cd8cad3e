// What becomes of requests that are in flight when the process is told to end.
import { type Span, SpanKind } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ForcedExport } from "../../src/export/forced-export.ts";
import { AfterDrain, DRAIN_MS } from "../../src/fragments/drain.ts";
import { LastingSpanProcessor, RecordedForUs, WrappedSpanProcessor } from "../../src/fragments/processor.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import {
  ASK,
  type Bench,
  ERROR,
  FakeExchange,
  KeptFragments,
  KeptSpans,
  ManualClock,
  pipelineBench,
} from "../support/sdk.ts";

interface InFlight {
  readonly exchange: FakeExchange;
  readonly span: Span;
  /** Writes the head, and ends the request. */
  answer(status: number): void;
}

/** A request that is being worked on. A step of it has failed. */
function inFlight(bench: Bench<unknown>, { ask = false } = {}): InFlight & { stepIn(): Span } {
  const root = bench.arrives(ask ? ASK : undefined);
  const { exchange } = root;
  exchange.closesAs("open");
  root.child("step").fail();
  return {
    exchange,
    span: root.span as never,
    stepIn: () => root.child("more").span as never,
    answer(status) {
      root.head(status);
      exchange.closesAs("finished");
      root.span.end();
    },
  };
}

/** The end of a shutdown waits until other processors have seen the last span, too. */
const turn = (): Promise<void> => Promise.resolve();

/** Calls the shutdown; tells whether it is over. */
function shutDown(bench: Pick<Bench, "pipeline">): () => boolean {
  let over = false;
  bench.pipeline.shutdown(() => {
    over = true;
  });
  return () => over;
}

function namesOf(spans: readonly ReadableSpan[] = []): [string, unknown][] {
  return spans.map(({ name, attributes }) => [name, attributes["error_tree.unended"] ?? false]);
}

describe("a shutdown", () => {
  test("is over in the same turn when no request is in flight", () => {
    const bench = pipelineBench();
    inFlight(bench).answer(500);
    expect(shutDown(bench)()).toBe(true);
    expect([bench.clock.tasks, bench.health.snapshot()]).toEqual([0, {}]);
  });

  test("waits for a request in flight, which is exported as if nothing was", async () => {
    const bench = pipelineBench();
    const request = inFlight(bench);
    const isOver = shutDown(bench);
    bench.clock.advance(DRAIN_MS - 1);
    request.stepIn().end();
    expect([isOver(), bench.sink.accepted.length]).toEqual([false, 0]);
    request.answer(500);
    await turn();
    expect(isOver()).toBe(true);
    expect(namesOf(bench.sink.accepted[0]?.spans)).toEqual([
      ["GET", false],
      ["step", false],
      ["more", false],
    ]);
    expect([bench.clock.tasks, bench.health.snapshot()]).toEqual([0, {}]);
  });

  test("waits for all of them, and for messages that are worked on", async () => {
    const bench = pipelineBench();
    const requests = [inFlight(bench), inFlight(bench)];
    const message = bench.tracer.startSpan("order process", { kind: SpanKind.CONSUMER });
    const isOver = shutDown(bench);
    for (const request of requests) request.answer(200);
    await turn();
    expect(isOver()).toBe(false);
    message.end();
    await turn();
    expect(isOver()).toBe(true);
  });

  test("gives up after ten seconds: what failed so far goes out as unended, and is counted", () => {
    const bench = pipelineBench();
    inFlight(bench);
    const isOver = shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    expect(isOver()).toBe(true);
    const [fragment] = bench.sink.accepted;
    expect(fragment?.verdict).toBe("handled");
    expect(namesOf(fragment?.spans)).toEqual([
      ["GET", true],
      ["step", false],
    ]);
    expect([bench.clock.tasks, bench.pipeline.size]).toEqual([0, 0]);
    expect(bench.health.snapshot()).toEqual({ fragments_cut_off: 1 });
  });

  test("counts an open request in which nothing failed, and exports nothing", () => {
    const bench = pipelineBench();
    bench.request(new FakeExchange());
    shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    expect([bench.sink.accepted, bench.health.snapshot()]).toEqual([[], { fragments_cut_off: 1 }]);
  });

  test("does not export an endless stream that was answered well above a failure", () => {
    const bench = pipelineBench();
    const { exchange } = inFlight(bench);
    bench.pipeline.answerAtHead(exchange, 200);
    const isOver = shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    expect([isOver(), bench.sink.accepted]).toEqual([true, []]);
  });

  test("exports a stream that was answered with a failure, as unended", () => {
    const bench = pipelineBench();
    const { exchange } = inFlight(bench);
    bench.pipeline.answerAtHead(exchange, 500);
    shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    expect(bench.sink.accepted).toMatchObject([{ verdict: "failed", represents: 1 }]);
    expect(namesOf(bench.sink.accepted[0]?.spans)[0]).toEqual(["GET", true]);
  });

  test("does not wait for loops and jobs of the program, which may never end", () => {
    const bench = pipelineBench();
    bench.tracer.startSpan("poll");
    expect(shutDown(bench)()).toBe(true);
    expect(bench.health.snapshot()).toEqual({ fragments_cut_off: 1 });
  });

  test("does not wait for a span that lives on behind its answer", () => {
    const bench = pipelineBench();
    const { answer, stepIn } = inFlight(bench);
    stepIn();
    answer(500);
    expect(shutDown(bench)()).toBe(true);
    expect(namesOf(bench.sink.accepted[0]?.spans)).toContainEqual(["more", true]);
  });

  test("does not wait for a request that the time limit takes away", async () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 5_000 });
    bench.request();
    const isOver = shutDown(bench);
    bench.clock.advance(5_000);
    await turn();
    expect(isOver()).toBe(true);
    expect(bench.health.snapshot()).toEqual({ fragments_timed_out: 1 });
  });

  test("takes in no request that starts after it", async () => {
    const bench = pipelineBench();
    const request = inFlight(bench);
    const isOver = shutDown(bench);
    const { exchange: late, span, head } = bench.arrives(ASK);
    expect([late.fragment, bench.pipeline.size]).toEqual([undefined, 1]);
    expect(head(500)).toBeUndefined();
    span.setStatus(ERROR).end();
    request.answer(500);
    await turn();
    expect([isOver(), bench.sink.accepted.length]).toEqual([true, 1]);
  });

  test("that is called twice is over once, for both", async () => {
    const bench = pipelineBench();
    const request = inFlight(bench);
    const calls = [shutDown(bench), shutDown(bench)];
    expect(calls.map((isOver) => isOver())).toEqual([false, false]);
    request.answer(500);
    await turn();
    expect(calls.map((isOver) => isOver())).toEqual([true, true]);
    expect(shutDown(bench)()).toBe(true);
    expect(bench.sink.accepted).toHaveLength(1);
    expect(bench.processor.shutdown()).toBe(bench.processor.shutdown());
  });

  test("hands over every other request when one cannot be", () => {
    class Picky extends KeptFragments {
      override accept(fragment: KeptFragments["accepted"][number]): void {
        if (this.accepted.length === 0 && !this.refused) {
          this.refused = true;
          throw new Error("no room");
        }
        super.accept(fragment);
      }
      refused = false;
    }
    const sink = new Picky();
    const bench = pipelineBench({}, { sink });
    for (let i = 0; i < 3; i++) inFlight(bench);
    const isOver = shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    expect([isOver(), sink.accepted.length]).toEqual([true, 2]);
    expect(bench.health.snapshot()).toMatchObject({ internal_errors: 1, fragments_cut_off: 3 });
  });

  test("promises nothing more to an answer that comes after it, and counts it as lost", () => {
    const health = new HealthCounts();
    const sink = new ForcedExport({ ...DEFAULTS, exportDelayMs: 0 }, health, { clock: new ManualClock() });
    sink.attach(new KeptSpans());
    const bench = pipelineBench({}, { sink });
    const exchange = new FakeExchange();
    bench.request(exchange);
    shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    expect(bench.pipeline.answerAtHead(exchange, 500)).toMatchObject({ code: "internal", exported: false });
    expect(health.snapshot()).toEqual({ trees_failed: 1, represents_dropped: 1 });
  });
});

describe("a head-sampled request that is cut off", () => {
  test("is written by us as far as it has not ended: its own processor takes nothing any more", async () => {
    const health = new HealthCounts();
    const exporter = new KeptSpans();
    const sink = new ForcedExport({ ...DEFAULTS, exportDelayMs: 0 }, health, { clock: new ManualClock() });
    sink.attach(exporter);
    const bench = pipelineBench({}, { sink, sampler: new AlwaysOnSampler() });
    const { exchange, stepIn } = inFlight(bench);
    stepIn();
    bench.pipeline.answerAtHead(exchange, 500);
    shutDown(bench);
    bench.clock.advance(DRAIN_MS);
    await sink.shutdown();
    expect(namesOf(exporter.spans)).toEqual([
      ["GET", true],
      ["more", true],
    ]);
    expect(exporter.spans[0]?.attributes).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.represents": 1,
    });
    expect(exporter.spans[0]?.attributes).not.toHaveProperty("error_tree.forced");
    expect(health.snapshot()).toMatchObject({ trees_failed: 1, represents_written: 1 });
  });
});

test("whatever comes when, failed requests are those that spans stand for, and those that are counted as lost", async () => {
  interface One {
    readonly sampled: boolean;
    readonly asked: boolean;
    readonly fails: boolean;
    /** Head and end come before the shutdown, while it waits, after it gave up, or never. */
    readonly head: number;
    readonly end: number;
  }
  const one: fc.Arbitrary<One> = fc.record({
    sampled: fc.boolean(),
    asked: fc.boolean(),
    fails: fc.boolean(),
    head: fc.nat(3),
    end: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 12 }), fc.boolean(), async (requests, isLimited) => {
      const health = new HealthCounts();
      const exporter = new KeptSpans();
      const clock = new ManualClock();
      const limits = isLimited ? { firstPerKind: 1 } : { maxExportsPerSecond: Number.POSITIVE_INFINITY };
      const sink = new ForcedExport({ ...DEFAULTS, ...limits, exportDelayMs: 0 }, health, { clock });
      sink.attach(exporter);
      const decisions = { shouldSample: () => ({ decision: next }), toString: () => "Alternating" };
      let next = 0;
      const bench = pipelineBench({}, { sink, sampler: decisions as never });
      const running = requests.map((request) => {
        next = request.sampled ? 2 : 0;
        return { ...request, ...inFlight(bench, { ask: request.asked }) };
      });
      const normal: ReadableSpan[] = [];
      const pass = (moment: number): void => {
        for (const { head, end, fails, exchange, span, sampled } of running) {
          if (head === moment) bench.pipeline.answerAtHead(exchange, fails ? 500 : 200);
          if (end !== moment || head > end) continue;
          exchange.closesAs("finished");
          span.end();
          if (sampled && moment < 2) normal.push(span as never);
        }
      };
      pass(0);
      const isOver = shutDown(bench);
      pass(1);
      await turn();
      bench.clock.advance(DRAIN_MS);
      expect(isOver()).toBe(true);
      await sink.shutdown();
      pass(2);
      const { trees_failed = 0, represents_written = 0, represents_dropped = 0 } = health.snapshot();
      expect(represents_written + represents_dropped).toBe(trees_failed);
      const failed = running.filter(({ fails, asked, head }) => fails && !asked && head < 3);
      expect(trees_failed).toBe(failed.length);
      const written = [...exporter.spans, ...normal];
      const ids = written.map((span) => span.spanContext().spanId);
      expect(new Set(ids).size).toBe(ids.length);
      const sum = written.reduce(
        (all, { attributes }) => all + Number(attributes["error_tree.represents"] ?? 0),
        0,
      );
      expect(sum).toBe(represents_written);
    }),
    { numRuns: 300 },
  );
});

describe("processors beside ours", () => {
  class Counting {
    shutdowns = 0;
    readonly ended: string[] = [];
    onStart(): void {}
    onEnd({ name }: ReadableSpan): void {
      if (this.shutdowns === 0) this.ended.push(name);
    }
    async forceFlush(): Promise<void> {}
    async shutdown(): Promise<void> {
      this.shutdowns++;
    }
  }

  test.each([
    [
      "wrapped",
      (own: Counting, drain: AfterDrain) =>
        new WrappedSpanProcessor(own, new RecordedForUs(), new HealthCounts(), drain),
    ],
    [
      "in front of our exporter",
      (own: Counting, drain: AfterDrain) => new LastingSpanProcessor(own, drain, new KeptSpans()),
    ],
  ])("%s are shut down in the turn in which the wait ends", async (_, around) => {
    const drain = new AfterDrain();
    const own = new Counting();
    const processor = around(own, drain);
    drain.begin();
    const over = processor.shutdown();
    processor.onEnd({ name: "in flight" } as never);
    expect(own.shutdowns).toBe(0);
    drain.end();
    expect(own.shutdowns).toBe(1);
    await over;
    expect(own.ended).toEqual(["in flight"]);
  });

  test("are shut down at once when nothing is waited for, also before ours", async () => {
    const drain = new AfterDrain();
    const own = new Counting();
    const over = new LastingSpanProcessor(own, drain, new KeptSpans()).shutdown();
    expect(own.shutdowns).toBe(1);
    await over;
    drain.end();
    drain.begin();
    drain.end();
    await new LastingSpanProcessor(own, drain, new KeptSpans()).shutdown();
    expect(own.shutdowns).toBe(2);
  });

  test("in front of our exporter close it, also if their last export fails", async () => {
    const own = new Counting();
    own.shutdown = () => Promise.reject(new Error("Timeout"));
    const exporter = new KeptSpans();
    const over = new LastingSpanProcessor(own, new AfterDrain(), exporter).shutdown();
    await expect(over).rejects.toThrow("Timeout");
    expect(exporter.shutdowns).toBe(1);
  });

  test("that throw or reject at the end are told to whoever shut them down", async () => {
    const drain = new AfterDrain();
    drain.begin();
    const steps = [
      drain.wait(() => Promise.reject(new Error("rejected"))),
      drain.wait(() => {
        throw new Error("thrown");
      }),
      drain.wait(async () => {}),
    ];
    drain.end();
    const results = await Promise.allSettled(steps);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });
});
