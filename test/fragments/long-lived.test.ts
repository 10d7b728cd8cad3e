// Requests that last for hours, and spans that end when nobody expects it: what is kept, what is told, what is let go of.
import { SpanKind } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { FinishedFragment } from "../../src/export/finished-fragment.ts";
import type { ExportChoice, FragmentView } from "../../src/export/fragment-view.ts";
import { DRAIN_MS } from "../../src/fragments/drain.ts";
import type { Verdict } from "../../src/tree/tree.ts";
import { ASK, type Bench, ERROR, KeptFragments, pipelineBench, type Running } from "../support/sdk.ts";

const HOUR_MS = 3_600_000;

/** A response whose head is written with 200, and whose body has no end in sight. */
function stream(bench: Bench = pipelineBench()): Running {
  const root = bench.arrives();
  root.exchange.closesAs("open");
  root.head(200);
  return { ...bench, root };
}

/** Spans that the pipeline still finds. */
function known(bench: Bench, spans: readonly { span: ReadableSpan }[]): number {
  return spans.filter(({ span }) => bench.calls.operationOf(span.spanContext().spanId) !== undefined).length;
}

/** The body ends. */
function finish(bench: Running): void {
  bench.root.exchange.closesAs("finished");
  bench.root.span.end();
}

function toldOf(fragment: FinishedFragment | undefined): unknown[] {
  return [
    fragment?.verdict,
    fragment?.late,
    fragment?.tree?.redacted().root.children.map(({ operation, message }) => [operation, message]),
    fragment?.tree?.redacted().omitted,
  ];
}

describe("a stream of hours", () => {
  test("keeps a bounded number of its 100,000 short children, and tells nothing where none failed", () => {
    const bench = stream();
    const children: { span: ReadableSpan }[] = [];
    for (let i = 0; i < 100_000; i++) {
      const child = bench.root.child(`row ${i}`, i % 2 === 0 ? SpanKind.INTERNAL : SpanKind.CLIENT);
      child.span.end();
      children.push(child);
      bench.clock.advance(100);
    }
    expect(known(bench, children)).toBeLessThan(512);
    finish(bench);
    expect([known(bench, children), bench.pipeline.size, bench.sink.accepted]).toEqual([0, 0, []]);
    expect(bench.health.snapshot().fragments_timed_out).toBeUndefined();
  });

  test("keeps a bounded number of subtrees, from the leaves up", () => {
    const bench = stream();
    const spans: { span: ReadableSpan }[] = [];
    for (let i = 0; i < 5_000; i++) {
      const above = bench.root.child("event");
      const beneath = above.child("SELECT", SpanKind.CLIENT);
      beneath.span.end();
      above.span.end();
      spans.push(above, beneath);
    }
    expect(known(bench, spans)).toBeLessThan(512);
    finish(bench);
    expect(bench.pipeline.size).toBe(0);
  });

  test("is let go of piece by piece while its bound is far away", () => {
    const bench = stream();
    const children = Array.from({ length: 100 }, () => bench.root.child("row"));
    for (const { span } of children) span.end();
    const live = bench.root.child("subscription");
    bench.clock.advance(HOUR_MS);
    expect([known(bench, children), known(bench, [live, bench.root]), bench.pipeline.size]).toEqual([
      0, 2, 1,
    ]);
    live.span.end();
    finish(bench);
    expect(bench.pipeline.size).toBe(0);
  });

  test("that fails after hours is exported late, with the failure where it stands", () => {
    const bench = stream();
    for (let hour = 0; hour < 5; hour++) {
      bench.root.child("row").span.end();
      bench.clock.advance(HOUR_MS);
    }
    bench.root.child("SELECT", SpanKind.CLIENT).fail();
    bench.root.span.setStatus(ERROR);
    finish(bench);
    const [fragment] = bench.sink.accepted;
    expect(toldOf(fragment)).toEqual(["failed", true, [["SELECT", "broke"]], 0]);
    expect(fragment?.spans.map(({ name }) => name)).toEqual(["GET", "SELECT"]);
  });

  test("that coped with a failure remembers it, and is not exported for it", () => {
    const bench = stream();
    bench.root.child("SELECT", SpanKind.CLIENT).fail();
    bench.clock.advance(2 * HOUR_MS);
    expect([bench.pipeline.size, bench.sink.accepted]).toEqual([1, []]);
    expect(bench.root.tail()?.tree?.root.children).toMatchObject([{ message: "broke" }]);
    finish(bench);
    expect(bench.sink.accepted).toEqual([]);
  });

  test("that has failed is exported when its time is over, although it goes on", () => {
    const bench = stream();
    bench.root.child("SELECT", SpanKind.CLIENT).fail();
    bench.root.span.setStatus(ERROR);
    bench.clock.advance(HOUR_MS);
    expect(toldOf(bench.sink.accepted[0])).toEqual(["failed", true, [["SELECT", "broke"]], 0]);
    expect(bench.pipeline.size).toBe(0);
  });

  test("that nobody reads any more is let go of in time", () => {
    const bench = stream();
    bench.root.exchange.closesAs("caller-left");
    bench.clock.advance(HOUR_MS);
    expect([bench.pipeline.size, bench.health.snapshot().fragments_timed_out]).toEqual([0, 1]);
  });
});

test("a handler of an hour still has its answer to give, and it is not late", () => {
  const bench = pipelineBench();
  const { exchange, span, child, head } = bench.arrives();
  exchange.closesAs("open");
  child("SELECT", SpanKind.CLIENT).fail();
  bench.clock.advance(HOUR_MS);
  expect(head(500)).toMatchObject({ code: "internal", exported: true });
  exchange.closesAs("finished");
  span.end();
  expect(toldOf(bench.sink.accepted[0])).toEqual(["failed", false, [["SELECT", "broke"]], 0]);
});

describe("a message whose handler hangs after its reply", () => {
  /** A reply has no status, and nobody sees whether its handler goes on. */
  function replied(fails: (bench: Running) => void): Running & { exported: boolean | undefined } {
    const bench = pipelineBench({ fragmentTimeoutMs: 300_000 });
    const root = bench.arrives(ASK);
    root.exchange.closesAs("open");
    fails({ ...bench, root });
    return { ...bench, root, exported: root.head(0)?.exported };
  }

  test.each<[string, Verdict, (bench: Running) => void]>([
    ["that it failed", "failed", ({ root }) => root.span.setStatus(ERROR)],
    [
      "of a failure that its callee has exported",
      "handled",
      ({ root, calls }) => {
        const call = root.child("pick", SpanKind.CLIENT);
        calls.responded(call.id, 500, { service: "stock", code: "internal", exported: true }, undefined);
        call.fail();
      },
    ],
  ])("is exported when its time is over, if that told %s", (_, verdict, fails) => {
    const bench = replied(fails);
    expect([bench.exported, bench.sink.accepted]).toEqual([true, []]);
    bench.clock.advance(300_500);
    expect(toldOf(bench.sink.accepted[0]).slice(0, 2)).toEqual([verdict, false]);
    expect(bench.pipeline.size).toBe(0);
  });

  test("is kept as long as nothing has failed, and still told of when it fails", () => {
    const bench = replied(() => {});
    bench.clock.advance(HOUR_MS);
    expect([bench.exported, bench.pipeline.size]).toEqual([false, 1]);
    bench.root.fail();
    expect(toldOf(bench.sink.accepted[0]).slice(0, 2)).toEqual(["failed", true]);
    expect(bench.pipeline.size).toBe(0);
  });
});

describe("a child that outlives its request", () => {
  function fireAndForget(bench: Bench): void {
    const { span, child, head } = bench.arrives();
    child("done").span.end();
    const left = child("fire and forget");
    head(200);
    span.end();
    const call = left.child("POST", SpanKind.CLIENT);
    call.fail();
    left.fail();
  }

  test("and fails is exported with the whole of that request, late, although that had answered well", () => {
    const bench = pipelineBench();
    fireAndForget(bench);
    expect(bench.pipeline.size).toBe(0);
    const [fragment] = bench.sink.accepted;
    expect(toldOf(fragment)).toEqual(["handled", true, [["fire and forget", "broke"]], 0]);
    expect(fragment?.spans.map(({ name }) => name)).toEqual(["GET", "done", "fire and forget", "POST"]);
  });

  test("and fails cannot have been coped with, and the export is told so", () => {
    const views: [Verdict, boolean][] = [];
    class Seeing extends KeptFragments {
      override decide(view: FragmentView<ReadableSpan>): ExportChoice {
        views.push([view.verdict, view.failedAfterRoot]);
        return { exported: false };
      }
    }
    const bench = pipelineBench({}, { sink: new Seeing() });
    fireAndForget(bench);
    const { span, child } = bench.request();
    child("SELECT", SpanKind.CLIENT).fail();
    span.end();
    expect(views).toEqual([
      ["handled", true],
      ["handled", false],
    ]);
  });

  test("of a failed request is exported with it", () => {
    const bench = pipelineBench({ settleMs: 60_000 });
    const { span, child, head } = bench.arrives();
    const left = child("fire and forget");
    head(500);
    span.end();
    left.fail();
    const [fragment] = bench.sink.accepted;
    expect(toldOf(fragment)).toEqual(["failed", false, [], 0]);
    expect(fragment?.tree?.redacted().root).toMatchObject({ at: "fire and forget", message: "broke" });
    expect(fragment?.spans.map(({ name }) => name)).toEqual(["GET", "fire and forget"]);
  });
});

describe("a response body that its reader never reads", () => {
  test("keeps its request until its time is over, and nothing after that", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
    const { span, child, head } = bench.arrives();
    const call = child("GET", SpanKind.CLIENT);
    bench.calls.responded(call.id, 200, undefined, {
      errored: null,
      rawTrailers: [],
    });
    head(200);
    span.end();
    expect(bench.pipeline.size).toBe(1);
    bench.clock.advance(10_500);
    expect([bench.pipeline.size, known(bench, [call]), bench.sink.accepted]).toEqual([0, 0, []]);
    call.span.end();
    expect(bench.pipeline.size).toBe(0);
  });
});

describe("a span that ends when it should not", () => {
  test("twice counts once", () => {
    const bench = pipelineBench();
    const { span, context } = bench.request();
    const child = bench.child(context, "SELECT", SpanKind.CLIENT);
    child.fail();
    bench.processor.onEnd(child.span);
    expect(bench.pipeline.size).toBe(1);
    span.setStatus(ERROR).end();
    bench.processor.onEnd(span);
    bench.processor.onEnd(child.span);
    expect(bench.sink.accepted.map(({ spans }) => spans.length)).toEqual([2]);
    expect(bench.health.snapshot().internal_errors).toBeUndefined();
  });

  test("after the shutdown does no harm, and one that starts then is not held", async () => {
    const bench = pipelineBench();
    const { span, child } = bench.request();
    const over = bench.processor.shutdown();
    bench.clock.advance(DRAIN_MS);
    await over;
    const late = child("late");
    bench.request();
    late.fail();
    span.setStatus(ERROR).end();
    expect([bench.pipeline.size, bench.sink.accepted]).toEqual([0, []]);
    expect(bench.health.snapshot()).toEqual({ fragments_cut_off: 1 });
  });
});
