// Which requests the trickle of good traces takes, on a clock that the test moves, through sampler, processor and pipeline.
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AlwaysOffSampler, ParentBasedSampler, type Sampler, type Span } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MOST_PER_MINUTE, MOST_RETRIES_PER_MINUTE, MOST_TAKEN } from "../../src/trickle/good-traces.ts";
import { type Bench, pipelineBench, remoteContext } from "../support/sdk.ts";

const EVERY_MS = 600_000;
const MINUTE_MS = 60_000;
const GOOD = "error_tree.good_trace";

/** How a request goes. */
interface Course {
  readonly route?: string;
  readonly status?: number;
  readonly kind?: SpanKind;
  readonly parent?: Context;
}

function started(sampler: Sampler = new AlwaysOffSampler(), everyMs = EVERY_MS): Bench {
  return pipelineBench({}, { sampler, goodTraceIntervalMs: everyMs });
}

/** A request begins, with what is known then. */
function begins(
  { tracer }: Bench,
  path: string,
  { kind = SpanKind.SERVER, parent = ROOT_CONTEXT }: Course = {},
): Span {
  const attributes = { "http.request.method": "GET", "url.path": path };
  return tracer.startSpan("GET", { kind, attributes }, parent) as unknown as Span;
}

function ends(span: Span, { route, status = 200 }: Course): void {
  if (route !== undefined) {
    span.setAttribute("http.route", route);
    span.updateName(`GET ${route}`);
  }
  span.setAttribute("http.response.status_code", status);
  if (status >= 500) span.setStatus({ code: 2 });
  span.end();
}

/** A request; true if it was taken. */
function request(bench: Bench, path: string, course: Course = {}): boolean {
  const span = begins(bench, path, course);
  ends(span, course);
  return isTaken(span);
}

function isTaken(span: Span): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}

const ORDER: Course = { route: "/orders/:id" };

describe("of an operation", () => {
  test("one request is taken in each interval, after one that went well", () => {
    const bench = started();
    const taken = (): boolean => request(bench, "/orders/17", ORDER);
    expect([taken(), taken(), taken()]).toEqual([false, true, false]);
    bench.clock.advance(EVERY_MS - 1);
    expect(taken()).toBe(false);
    bench.clock.advance(1);
    expect([taken(), taken()]).toEqual([true, false]);
  });

  test("every other id is the same operation, and another route is another one", () => {
    const bench = started();
    const paths = ["/orders/1", "/orders/2", "/orders/3"];
    expect(paths.map((path) => request(bench, path, ORDER))).toEqual([false, true, false]);
    const carts = ["/carts/1", "/carts/2", "/carts/3"];
    expect(carts.map((path) => request(bench, path, { route: "/carts/:id" }))).toEqual([false, true, false]);
  });

  test("any last word of the path is known after some of them", () => {
    const bench = started();
    const words = ["soup", "bread", "cheese", "wine", "salad", "fish", "rice"];
    const taken = words.map((word) => request(bench, `/blog/${word}`, { route: "/blog/:slug" }));
    expect(taken).toEqual([false, false, false, false, false, true, false]);
  });

  test("the request is marked as an example, and only at its root", () => {
    const bench = started(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    request(bench, "/orders/17", ORDER);
    const root = begins(bench, "/orders/17");
    const child = bench.child(trace.setSpan(ROOT_CONTEXT, root as never), "step").span;
    expect(isTaken(child)).toBe(true);
    expect(root.attributes[GOOD]).toBe(true);
    expect(child.attributes).not.toHaveProperty(GOOD);
  });

  test("the trace is whole in this service, also with a sampler that does not ask its parent", () => {
    const bench = started(new AlwaysOffSampler());
    request(bench, "/orders/17", ORDER);
    const root = begins(bench, "/orders/17");
    const child = bench.child(trace.setSpan(ROOT_CONTEXT, root as never), "step");
    const grandchild = child.child("call", SpanKind.CLIENT);
    expect([root, child.span, grandchild.span].map(isTaken)).toEqual([true, true, true]);
  });

  test("a message and a job are operations, too; a call without anything above it is none", () => {
    const bench = started();
    const of = (kind: SpanKind): boolean[] =>
      [1, 2, 3].map(() => {
        const { span } = bench.child(ROOT_CONTEXT, "work", kind);
        span.end();
        return isTaken(span);
      });
    expect(of(SpanKind.CONSUMER)).toEqual([false, true, false]);
    expect(of(SpanKind.INTERNAL)).toEqual([false, false, false]);
    expect(of(SpanKind.CLIENT)).toEqual([false, false, false]);
    bench.clock.advance(EVERY_MS);
    expect(of(SpanKind.INTERNAL)).toEqual([true, false, false]);
  });
});

describe("nothing is taken", () => {
  test("if the caller has decided: it is the caller's trace", () => {
    const bench = started();
    request(bench, "/orders/17", ORDER);
    const asked = { ...ORDER, parent: remoteContext() };
    expect([1, 2, 3].map(() => request(bench, "/orders/17", asked))).toEqual([false, false, false]);
  });

  test("if the user's own sampler took a good one", () => {
    let isOn = false;
    const sampler: Sampler = { shouldSample: () => ({ decision: isOn ? 2 : 0 }), toString: () => "switched" };
    const bench = started(sampler);
    request(bench, "/orders/17", ORDER);
    isOn = true;
    expect(request(bench, "/orders/17", ORDER)).toBe(true);
    isOn = false;
    expect(request(bench, "/orders/17", ORDER)).toBe(false);
    bench.clock.advance(EVERY_MS);
    expect(request(bench, "/orders/17", ORDER)).toBe(true);
  });

  test("of paths that nobody answers, however many there are", () => {
    const bench = started();
    for (let i = 0; i < 1000; i++) {
      const path = `/${"abcdefghij"[i % 10]}${String.fromCharCode(97 + (i % 26))}/x`;
      expect(request(bench, path, { status: 404 })).toBe(false);
    }
    expect([1, 2].map(() => request(bench, "/orders/17", ORDER))).toEqual([false, true]);
  });
});

describe("a request that was taken and fails", () => {
  test("is no example, and the next one is taken soon, later each time", () => {
    const bench = started();
    request(bench, "/orders/17", ORDER);
    const fails: Course = { ...ORDER, status: 500 };
    const span = begins(bench, "/orders/17");
    ends(span, fails);
    expect([isTaken(span), span.attributes[GOOD]]).toEqual([true, true]);

    const taken = (): boolean => request(bench, "/orders/17", fails);
    for (const part of [1, 2, 4, 8, 16, 32, 64, 64]) {
      bench.clock.advance((EVERY_MS * part) / 64 - 1);
      expect(taken()).toBe(false);
      bench.clock.advance(1);
      expect(taken()).toBe(true);
    }
    bench.clock.advance(EVERY_MS);
    expect(request(bench, "/orders/17", ORDER)).toBe(true);
    bench.clock.advance(EVERY_MS - 1);
    expect(taken()).toBe(false);
  });

  test("says so itself if it is known while it runs", () => {
    const bench = started();
    const good = bench.arrives();
    good.span.end();
    const bad = bench.arrives();
    expect(bad.span.attributes[GOOD]).toBe(true);
    bad.head(500);
    expect(bad.span.attributes[GOOD]).toBe(false);
    bad.span.end();
  });

  test("because somebody asks for what is not there, takes nothing from other operations", () => {
    const bench = started(new AlwaysOffSampler(), 64_000);
    const attacked = Array.from({ length: MOST_PER_MINUTE }, (_, i) => `/${"abcdefghij"[i]}`);
    const others = attacked.map((path) => `${path}x`);
    const go = (path: string, status = 200): boolean =>
      request(bench, `${path}/1`, { route: `${path}/:id`, status });
    for (const path of attacked) go(path);
    let wrong = 0;
    for (let seconds = 0; seconds <= 60; seconds++) {
      wrong += attacked.filter((path) => go(path, 404)).length;
      bench.clock.advance(1_000);
    }
    expect(wrong).toBeGreaterThan(MOST_PER_MINUTE);
    expect(wrong).toBeLessThanOrEqual(MOST_PER_MINUTE + 2 * MOST_RETRIES_PER_MINUTE);
    for (const path of others) expect(go(path)).toBe(false);
    expect(others.map((path) => go(path))).toEqual(others.map(() => true));
  });
});

test("over all operations so many are taken at once, and then one every six seconds", () => {
  const bench = started();
  const routes = Array.from(
    { length: 40 },
    (_, i) => `/${String.fromCharCode(97 + (i % 26))}${i < 26 ? "" : "x"}/:id`,
  );
  const round = (): number =>
    routes.filter((route) => request(bench, route.replace(":id", "1"), { route })).length;
  expect([round(), round(), round()]).toEqual([0, MOST_PER_MINUTE, 0]);
  bench.clock.advance(MINUTE_MS / MOST_PER_MINUTE);
  expect([round(), round()]).toEqual([1, 0]);
});

test("a threshold of consistent probability sampling is taken out: it would say how many the trace stands for", () => {
  const sampler: Sampler = {
    shouldSample: () => ({ decision: 0, traceState: createTraceState("ot=rv:abc;th:8,own=1") }),
    toString: () => "consistent",
  };
  const bench = started(sampler);
  request(bench, "/orders/17", ORDER);
  const span = begins(bench, "/orders/17");
  expect(isTaken(span)).toBe(true);
  expect(span.spanContext().traceState?.serialize()).toBe("ot=rv:abc,own=1");
});

test("requests that never end are forgotten, the oldest first", () => {
  const bench = started();
  const names = Array.from(
    { length: MOST_TAKEN + 5 },
    (_, i) => `job ${String.fromCharCode(97 + (i % 26)).repeat(1 + i / 26)}`,
  );
  for (const name of names) bench.child(ROOT_CONTEXT, name).span.end();
  for (const name of names) {
    expect(isTaken(bench.child(ROOT_CONTEXT, name).span)).toBe(true);
    bench.clock.advance(MINUTE_MS / MOST_PER_MINUTE);
  }
  expect(bench.goodTraces?.size.taken).toBe(MOST_TAKEN);
});

describe("whatever comes", () => {
  const pauseMs = fc.oneof({ weight: 4, arbitrary: fc.nat(2_000) }, fc.nat(2 * EVERY_MS));

  test("there are no two good traces of an operation in one interval", () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const known = fc.record({
      path: fc.oneof(
        fc.nat().map((id) => ["/orders/:id", `/orders/${id}`] as const),
        fc.uuid().map((id) => ["/carts/:id/lines", `/carts/${id}/lines`] as const),
        word.map((slug) => ["/blog/:slug", `/blog/${slug}`] as const),
        word.map((any) => ["/pages/*", `/pages/${any}/${any}/x`] as const),
      ),
      status: fc.constantFrom(200, 200, 200, 404, 500),
      pauseMs,
    });
    fc.assert(
      fc.property(fc.array(known, { maxLength: 300 }), (all) => {
        const bench = started();
        const lastOf = new Map<string, number>();
        for (const {
          path: [route, path],
          status,
          pauseMs: pause,
        } of all) {
          bench.clock.advance(pause);
          if (!request(bench, path, { route, status }) || status !== 200) continue;
          const now = bench.clock.monotonic();
          expect(now - (lastOf.get(route) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(EVERY_MS);
          lastOf.set(route, now);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("no more are taken than the trickle lets out", () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    const junk = fc.record({
      path: fc.oneof(fc.constantFrom("/a/1", "/a/b", "/a/c", "/b/1", "/"), fc.webPath(), text),
      route: fc.oneof(fc.constantFrom("/a/:id", "/b/:id", "/*"), text),
      status: fc.constantFrom(200, 200, 200, 404, 500),
      pauseMs,
    });
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 300 }), (all) => {
        const bench = started();
        const times: number[] = [];
        for (const { path, route, status, pauseMs: pause } of all) {
          bench.clock.advance(pause);
          if (request(bench, path, { route, status })) times.push(bench.clock.monotonic());
        }
        for (const from of times) {
          const within = times.filter((time) => time >= from && time <= from + MINUTE_MS).length;
          expect(within).toBeLessThanOrEqual(2 * (MOST_PER_MINUTE + MOST_RETRIES_PER_MINUTE));
        }
        expect(bench.health.snapshot()).toEqual({});
      }),
      { numRuns: 50 },
    );
  });
});
