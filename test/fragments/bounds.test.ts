// Every bound of the pipeline, hit on purpose: what is let go of first, what is counted, and what the tree says.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import type { Exchange } from "../../src/exchange.ts";
import { nodesOf } from "../../src/tree/tree.ts";
import { type Bench, ERROR, FakeExchange, pipelineBench } from "../support/sdk.ts";

function names(bench: Bench): string[] {
  return bench.sink.accepted.flatMap(({ spans }) => spans.map(({ name }) => name));
}

describe("spans of one fragment", () => {
  test("within the bound all are kept, and nothing is counted", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 4 });
    const { span: root, child, head } = bench.arrives();
    for (const name of ["a", "b", "c"]) child(name).fail();
    expect(head(500)?.tree).toMatchObject({ omitted: 0 });
    root.end();
    expect(names(bench)).toEqual(["GET", "a", "b", "c"]);
    expect(bench.health.snapshot()).toEqual({});
  });

  test("beyond it those that ended well are let go of first, each counted", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 4 });
    const { span: root, child, head } = bench.arrives();
    child("failed").fail();
    child("well").span.end();
    const live = child("live");
    for (let i = 0; i < 10; i++) child(`later-${i}`).span.end();
    child("failed too").fail();
    const outcome = head(500);
    live.span.end();
    root.end();
    expect(names(bench).sort()).toEqual(["GET", "failed", "failed too", "live"]);
    expect(outcome?.tree?.omitted).toBe(0);
    expect(outcome?.tree?.root.children.map(({ operation }) => operation)).toEqual(["failed", "failed too"]);
    expect(bench.health.snapshot()).toEqual({ spans_evicted: 11 });
  });

  test("one that has children is kept as long as one of them is", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 4 });
    const { span: root, child, head } = bench.arrives();
    const middle = child("middle", SpanKind.CLIENT);
    const leaf = middle.child("leaf", SpanKind.SERVER);
    leaf.fail();
    middle.span.end();
    for (let i = 0; i < 5; i++) child(`later-${i}`).span.end();
    head(500);
    root.end();
    expect(names(bench)).toEqual(expect.arrayContaining(["GET", "middle", "leaf"]));
  });

  test("a failure of whose failed children one is not kept does not fold with the other", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 3 });
    const { span: root, child, head } = bench.arrives();
    const step = child("step");
    step.child("kept").fail();
    step.child("lost").fail();
    step.fail();
    const { tree } = head(500) ?? {};
    root.end();
    const nodes = [...nodesOf(tree?.root as never)].map(({ operation, at }) => [operation, at]);
    expect(nodes).toEqual([
      ["GET", "step"],
      ["kept", undefined],
    ]);
    expect(tree?.omitted).toBe(1);
  });

  test("where none ended well a new one is not kept, and its failure is an exact number in `omitted`", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 3 });
    const { span: root, child, head } = bench.arrives();
    child("kept 1").fail();
    child("kept 2").fail();
    for (let i = 0; i < 5; i++) child(`lost ${i}`).fail();
    for (let i = 0; i < 3; i++) child(`well ${i}`).span.end();
    const outcome = head(500);
    expect(outcome?.tree?.omitted).toBe(5);
    expect([...nodesOf(outcome?.tree?.root as never)]).toHaveLength(3);
    root.end();
    expect(names(bench)).toEqual(["GET", "kept 1", "kept 2"]);
    expect(bench.health.snapshot()).toEqual({ spans_untracked: 8 });
  });

  test("a failure beneath that is not kept is told although the rest ended well", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 3 });
    const { child, head } = bench.arrives();
    child("live 1");
    child("live 2");
    child("lost").fail();
    expect(head(200)?.tree?.omitted).toBe(1);
  });

  test("a span beneath one that is not kept belongs to the same fragment", () => {
    const bench = pipelineBench({ maxSpansPerFragment: 3 });
    const { span: root, child, head } = bench.arrives();
    const kept = child("kept");
    child("live");
    const lost = child("lost");
    kept.span.end();
    lost.child("beneath").fail();
    lost.span.end();
    expect(bench.pipeline.size).toBe(1);
    const outcome = head(500);
    expect(outcome?.tree?.root.at ?? outcome?.tree?.root.children[0]?.operation).toBe("beneath");
    root.end();
  });
});

describe("fragments in flight", () => {
  test("beyond the bound the oldest is evicted, counted, and its answer says that something is missing", () => {
    const bench = pipelineBench({ maxFragments: 2 });
    const exchanges = [new FakeExchange(), new FakeExchange(), new FakeExchange()] as const;
    const [first, second] = exchanges.map((exchange) => bench.request(exchange));
    expect(bench.pipeline.size).toBe(2);
    expect(bench.health.snapshot()).toEqual({ fragments_evicted: 1 });
    const told = exchanges.map((exchange) => bench.pipeline.answerAtHead(exchange, 500));
    expect(told.map((outcome) => outcome?.tree?.omitted)).toEqual([1, 0, 0]);
    expect(told[0]).toMatchObject({ code: "internal", exported: false });
    first?.span.end();
    second?.span.end();
    expect(bench.sink.accepted).toHaveLength(1);
  });

  test("the answer of an evicted one counts the failures that it lost", () => {
    const bench = pipelineBench({ maxFragments: 1 });
    const { child, head } = bench.arrives();
    for (const name of ["a", "b", "c"]) child(name).fail();
    bench.request();
    expect(head(500)?.tree?.omitted).toBe(3);
  });

  test("one that is evicted after its export was promised is exported", () => {
    const bench = pipelineBench({ maxFragments: 1 });
    const { child, head } = bench.arrives();
    child("failed").fail();
    expect(head(500)?.exported).toBe(true);
    bench.request();
    expect(names(bench)).toEqual(["GET", "failed"]);
  });

  test("spans of an evicted one do no harm when they end, and hold nothing", () => {
    const bench = pipelineBench({ maxFragments: 1 });
    const old = bench.request(new FakeExchange());
    const child = old.child("child");
    const other = bench.request(new FakeExchange());
    child.fail();
    old.span.end();
    other.span.end();
    expect(bench.pipeline.size).toBe(0);
    expect(bench.health.snapshot()).toEqual({ fragments_evicted: 1 });
  });
});

describe("spans that never end", () => {
  test("a fragment is let go of when its time is over, and counted", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
    bench.request(new FakeExchange());
    bench.clock.advance(9_999);
    expect(bench.pipeline.size).toBe(1);
    bench.clock.advance(501);
    expect(bench.pipeline.size).toBe(0);
    expect(bench.health.snapshot()).toEqual({ fragments_timed_out: 1 });
    expect(bench.sink.accepted).toEqual([]);
  });

  test("younger fragments stay", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
    bench.request(new FakeExchange());
    bench.clock.advance(6_000);
    bench.request(new FakeExchange());
    bench.clock.advance(6_000);
    expect(bench.pipeline.size).toBe(1);
  });

  test("what failed in it is exported, and live spans are snapshots that say so", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
    const { child } = bench.request();
    child("done").span.end();
    bench.pipeline.program.fail(child("live").id, new Error("gave up"), "internal");
    bench.clock.advance(10_500);
    const [fragment] = bench.sink.accepted;
    expect(fragment?.verdict).toBe("failed");
    expect(
      fragment?.spans.map(({ name, ended, attributes }) => [name, ended, attributes["error_tree.unended"]]),
    ).toEqual([
      ["GET", true, true],
      ["done", true, undefined],
      ["live", true, true],
    ]);
  });

  test("a span that failed and never ends counts as failed", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
    const { span } = bench.request();
    span.setStatus(ERROR);
    bench.clock.advance(10_500);
    expect(names(bench)).toEqual(["GET"]);
  });

  test("an answer after that time promises no export that will not come, and says that something is missing", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
    const { span, head } = bench.arrives();
    bench.clock.advance(10_500);
    const outcome = head(500);
    span.end();
    expect(outcome?.exported).toBe(names(bench).length > 0);
    expect(outcome?.tree?.omitted).toBeGreaterThanOrEqual(1);
  });
});

describe("the wait for spans that live on after a failed answer", () => {
  function unreadBody(bench: Bench): { client: ReturnType<Bench["child"]>; exchange: Exchange } {
    const { exchange, span: root, child, head } = bench.arrives();
    const client = child("GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 503, undefined, undefined);
    head(503);
    root.end();
    return { client, exchange };
  }

  test("ends after the settle time, with a snapshot of what lives", () => {
    const bench = pipelineBench({ settleMs: 5_000 });
    const { client } = unreadBody(bench);
    bench.clock.advance(4_999);
    expect(bench.sink.accepted).toEqual([]);
    bench.clock.advance(501);
    const [root, live] = bench.sink.accepted[0]?.spans ?? [];
    expect(root?.attributes["error_tree.unended"]).toBeUndefined();
    expect(live?.attributes["error_tree.unended"]).toBe(true);
    expect(live?.ended).toBe(true);
    expect(live?.duration[0]).toBeGreaterThanOrEqual(0);
    expect(client.span.ended).toBe(false);
    expect(client.span.attributes).toEqual({});
    client.span.end();
    expect(bench.sink.accepted).toHaveLength(1);
    expect(bench.pipeline.size).toBe(0);
  });

  test("ends with the last span where that comes sooner", () => {
    const bench = pipelineBench({ settleMs: 5_000 });
    const { client } = unreadBody(bench);
    client.span.end();
    expect(bench.sink.accepted[0]?.spans.map(({ attributes }) => attributes["error_tree.unended"])).toEqual([
      undefined,
      undefined,
    ]);
    bench.clock.advance(60_000);
    expect(bench.sink.accepted).toHaveLength(1);
  });

  test("ends at a flush", async () => {
    const bench = pipelineBench();
    unreadBody(bench);
    await bench.processor.forceFlush();
    expect(bench.sink.accepted).toHaveLength(1);
  });

  test("ends at shutdown, which stops the sweep", async () => {
    const bench = pipelineBench();
    unreadBody(bench);
    expect(bench.clock.tasks).toBe(1);
    await bench.processor.shutdown();
    expect(bench.sink.accepted).toHaveLength(1);
    expect([bench.clock.tasks, bench.pipeline.size]).toEqual([0, 0]);
  });
});

describe("memory", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;

  /** What the process holds after a full collection. */
  function heapBytes(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  function requests(bench: Bench, count: number): void {
    for (let i = 0; i < count; i++) {
      const exchange = new FakeExchange(i % 3 === 0 ? { id: "00f067aa0ba902b7", json: false } : undefined);
      const { span: root, child } = bench.request(i % 5 === 0 ? undefined : exchange);
      const client = child("GET", SpanKind.CLIENT);
      for (let step = 0; step < 4; step++) client.child(`step-${step}`).span.end();
      if (i % 7 === 0) client.span.setStatus(ERROR);
      client.span.end();
      bench.pipeline.answerAtHead(exchange, i % 7 === 0 ? 500 : 200);
      root.end();
      bench.sink.accepted.length = 0;
    }
  }

  test("after 20,000 requests, within their bounds and beyond them, the pipeline holds nothing", {
    timeout: 60_000,
  }, () => {
    const bench = pipelineBench({ maxSpansPerFragment: 4 });
    requests(bench, 2_000);
    const before = heapBytes();
    requests(bench, 20_000);
    const grown = heapBytes() - before;
    expect(bench.pipeline.size).toBe(0);
    expect(bench.health.snapshot().spans_evicted).toBeGreaterThan(0);
    // While they are held, 20,000 requests of 6 spans take some 100 MB.
    expect(grown).toBeLessThan(2e6);
  });

  test("a span of a request that is over is known no more", () => {
    const bench = pipelineBench();
    const { span, context } = bench.request();
    const child = bench.child(context, "child");
    const ids = [span, child.span].map((each) => each.spanContext().spanId);
    expect(ids.map((id) => bench.calls.operationOf(id))).toEqual(["GET", "child"]);
    child.span.end();
    span.end();
    expect(ids.map((id) => bench.calls.operationOf(id))).toEqual([undefined, undefined]);
    expect(bench.pipeline.program.treeSoFar(ids[0] as string)).toBeUndefined();
  });

  test("a span that outlived its request is kept until it ends, by itself", () => {
    const bench = pipelineBench();
    const { span, child } = bench.request(new FakeExchange());
    span.end();
    expect(bench.pipeline.size).toBe(0);
    const late = child("late");
    expect(bench.pipeline.size).toBe(1);
    late.span.end();
    expect(bench.pipeline.size).toBe(0);
  });
});

test("a context without any span begins a fragment of its own", () => {
  const bench = pipelineBench();
  const one = bench.child(ROOT_CONTEXT, "one");
  const two = bench.child(ROOT_CONTEXT, "two");
  expect(bench.pipeline.size).toBe(2);
  one.span.end();
  two.span.end();
  expect(bench.pipeline.size).toBe(0);
});
