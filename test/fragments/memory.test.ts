// The bytes of all that is in flight are bounded: what goes first, what stays, and what the trees then say.
import { SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { ASK, ERROR, pipelineBench, type Request } from "../support/sdk.ts";

const MB = 1024 * 1024;
const TEXT = "x".repeat(50_000);

/** So many spans with 50 KB each beneath a request; they end. */
function work({ child }: Request, spans: number): void {
  for (let i = 0; i < spans; i++) {
    const { span } = child(`step ${i}`);
    span.setAttribute("app.body", TEXT + i);
    span.end();
  }
}

describe("beyond the bound", () => {
  test("spans that went well go, those of the oldest requests first, and what failed stays", () => {
    const bench = pipelineBench({ maxBytesInFlight: 8 * MB });
    const requests = Array.from({ length: 20 }, () => bench.arrives());
    for (const request of requests) {
      request.child("GET", SpanKind.CLIENT).fail("no room");
      work(request, 40);
    }
    const { spans_evicted = 0, ...others } = bench.health.snapshot();
    expect(others).toEqual({});
    // 800 spans of 52 KB, of which 8 MB may stay.
    expect(spans_evicted).toBeGreaterThan(800 - 162);
    expect(spans_evicted).toBeLessThan(800 - 100);
    for (const request of requests) {
      const { tree } = request.head(500) ?? {};
      expect(tree).toMatchObject({ omitted: 0, root: { children: [{ message: "no room" }] } });
    }
  });

  test("requests that are answered and only wait are exported at once, before anything is dropped", () => {
    const bench = pipelineBench({ maxBytesInFlight: 4 * MB });
    const answered = bench.arrives();
    const late = answered.child("late");
    work(answered, 40);
    answered.head(500);
    answered.span.setStatus(ERROR).end();
    expect(bench.sink.accepted).toHaveLength(0);
    const other = bench.arrives();
    work(other, 45);
    expect(bench.sink.accepted).toHaveLength(1);
    expect(bench.sink.accepted[0]?.spans.length).toBeGreaterThan(40);
    expect(bench.health.snapshot()).toEqual({});
    late.span.end();
  });

  test("a request whose spans have not ended keeps its root, and says that something is missing", () => {
    const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
    const request = bench.arrives(ASK);
    const lives = Array.from({ length: 40 }, (_, i) => request.child(`step ${i}`));
    for (const { span } of lives) span.setAttribute("app.body", TEXT);
    bench.clock.advance(500);
    expect(bench.health.snapshot()).toEqual({ fragments_evicted: 1 });
    lives[0]?.fail();
    expect(request.head(500)?.tree?.omitted).toBeGreaterThan(0);
  });

  test("requests that hold less than the average stay, however old they are", () => {
    const bench = pipelineBench({ maxBytesInFlight: 4 * MB });
    const small = Array.from({ length: 20 }, () => bench.arrives(ASK));
    for (const request of small) request.child("GET", SpanKind.CLIENT).fail("no room");
    const large = bench.arrives(ASK);
    const spans = Array.from({ length: 100 }, (_, i) => large.child(`step ${i}`));
    for (const { span } of spans) span.setAttribute("app.body", TEXT);
    for (const { fail } of spans) fail();
    bench.clock.advance(500);
    expect(bench.health.snapshot()).toEqual({ fragments_evicted: 1 });
    for (const request of small) expect(request.head(500)?.tree?.omitted).toBe(0);
  });

  test("what starts beneath a span that went belongs to its request", () => {
    const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
    const job = bench.arrives();
    const step = job.child("step");
    step.span.setAttribute("app.body", TEXT).end();
    work(job, 30);
    expect(bench.health.snapshot().spans_evicted).toBeGreaterThan(10);
    step.child("late").fail("too late");
    expect(bench.pipeline.size).toBe(1);
    expect(JSON.stringify(job.head(500)?.tree)).toContain("too late");
  });

  test("if what failed is too much by itself, the oldest requests keep their roots, and say what is missing", () => {
    const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
    const requests = Array.from({ length: 3 }, () => bench.arrives(ASK));
    for (const request of requests) {
      for (let i = 0; i < 15; i++) {
        const { span, fail } = request.child(`step ${i}`);
        span.setAttribute("app.body", TEXT);
        fail(`no room ${i}`);
      }
    }
    expect(bench.health.snapshot().fragments_evicted).toBeGreaterThan(0);
    const trees = requests.map((request) => request.head(500)?.tree);
    for (const tree of trees) expect((tree?.root.children.length ?? 0) + (tree?.omitted ?? 0)).toBe(15);
    expect(trees[0]?.omitted).toBeGreaterThan(0);
    expect(trees[2]?.omitted).toBe(0);
  });

  test("a root that is too large by itself is kept, without what lies beneath", () => {
    const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
    const request = bench.arrives(ASK);
    request.span.setAttribute("app.body", "x".repeat(3 * MB));
    bench.clock.advance(500);
    expect(bench.health.snapshot()).toEqual({ fragments_evicted: 1 });
    expect(request.head(500)?.tree).toBeDefined();
  });
});

test("a request that ends has given back its bytes", () => {
  const bench = pipelineBench({ maxBytesInFlight: 4 * MB });
  for (let i = 0; i < 50; i++) {
    const request = bench.arrives();
    work(request, 40);
    request.head(200);
    request.span.end();
  }
  expect(bench.health.snapshot()).toEqual({});
});

test("many requests with a large span each are found by the next sweeps", () => {
  const bench = pipelineBench({ maxBytesInFlight: 16 * MB });
  for (let i = 0; i < 5_000; i++) work(bench.arrives(), 1);
  bench.clock.advance(500);
  bench.clock.advance(500);
  bench.clock.advance(500);
  const { spans_evicted = 0, ...others } = bench.health.snapshot();
  expect(others).toEqual({});
  // The roots alone take 10 MB.
  expect(spans_evicted).toBeGreaterThan(4_850);
});

test("spans of a text that takes two bytes for a character count twice", () => {
  const bench = pipelineBench({ maxBytesInFlight: 4 * MB });
  const request = bench.arrives();
  for (let i = 0; i < 60; i++) {
    const { span } = request.child("step");
    span.setAttribute("app.body", "語".repeat(50_000));
    span.end();
  }
  expect(bench.health.snapshot().spans_evicted).toBeGreaterThan(15);
});

test.each<[string, (request: Request) => void]>([
  ["a name that is none", ({ span }) => void span.updateName(undefined as never)],
  ["a name that is a number", ({ span }) => void span.updateName(42 as never)],
  ["an event without a name", ({ span }) => void span.addEvent(undefined as never)],
  ["an event that is an error", ({ span }) => void span.addEvent(new Error("x") as never)],
])("%s stops neither the bound nor limits of time", (_, poison) => {
  const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
  const poisoned = bench.arrives();
  poison(poisoned);
  const request = bench.arrives();
  bench.clock.advance(500);
  work(request, 60);
  expect(bench.health.snapshot().internal_errors).toBeUndefined();
  expect(bench.health.snapshot().spans_evicted).toBeGreaterThan(30);
  for (const one of [poisoned, request]) one.exchange.closesAs("caller-left");
  bench.clock.advance(3_600_000);
  expect(bench.pipeline.size).toBe(0);
});
