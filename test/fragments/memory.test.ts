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

  test("spans that have not ended go last, and are missing in the tree if they fail then", () => {
    const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
    const request = bench.arrives(ASK);
    const lives = Array.from({ length: 40 }, (_, i) => request.child(`step ${i}`));
    for (const { span } of lives) span.setAttribute("app.body", TEXT);
    bench.clock.advance(500);
    expect(bench.health.snapshot().spans_evicted).toBeGreaterThan(20);
    lives[0]?.fail();
    const { tree } = request.head(500) ?? {};
    expect((tree?.root.children.length ?? 0) + (tree?.omitted ?? 0)).toBe(1);
  });

  test("calls that have not ended go too, and their answers count", () => {
    const bench = pipelineBench({ maxBytesInFlight: 1 * MB });
    const request = bench.arrives(ASK);
    const lives = Array.from({ length: 40 }, (_, i) => request.child(`GET ${i}`, SpanKind.CLIENT));
    for (const { span } of lives) span.setAttribute("app.body", TEXT);
    bench.clock.advance(500);
    for (const { id } of lives) bench.calls.responded(id, 500, undefined, undefined);
    for (const { fail } of lives) fail();
    const { tree } = request.head(500) ?? {};
    expect((tree?.root.children.length ?? 0) + (tree?.omitted ?? 0)).toBe(40);
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
