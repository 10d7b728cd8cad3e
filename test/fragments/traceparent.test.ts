// The trace that a response names: the exchange's own span, flagged where the backend will have it.

import { SpanKind } from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { FakeExchange, KeptFragments, pipelineBench } from "../support/sdk.ts";

const TIGHT = { maxExportsPerSecond: 1, maxNovelPerMinute: 1, kindIntervalMs: 60_000 };

test.each([
  ["fails and is exported", new AlwaysOffSampler(), 500, {}, "01"],
  ["fails, and the limiter holds it back", new AlwaysOffSampler(), 500, TIGHT, "00"],
  ["goes well", new AlwaysOffSampler(), 200, {}, "00"],
  ["is rejected", new AlwaysOffSampler(), 404, {}, "00"],
  ["goes well and is head-sampled", new AlwaysOnSampler(), 200, {}, "01"],
  ["fails and is head-sampled", new AlwaysOnSampler(), 500, {}, "01"],
] as const)("of a request that %s", (_, sampler, status, limits, flags) => {
  const bench = pipelineBench({}, { sampler, sink: new KeptFragments(limits) });
  // What comes before uses up the room that the limiter has, where it has a bound.
  for (let i = 0; i < 10; i++) {
    const { span, head } = bench.arrives();
    head(503);
    span.end();
  }
  const { exchange, span, head } = bench.arrives();
  head(status);
  const { traceId, spanId } = span.spanContext();
  expect(bench.pipeline.traceparentOf(exchange)).toBe(`00-${traceId}-${spanId}-${flags}`);
  span.end();
});

describe("a trace in a head that is being written is a callee's", () => {
  test.each([
    ["span beneath, of which we know nothing", "b7ad6b7169203331", true, true],
    ["span of ours", undefined, true, false],
    ["span beneath, where nobody answered us", "b7ad6b7169203331", false, false],
  ])("a %s", (_, callee, answered, expected) => {
    const bench = pipelineBench();
    const { exchange, span, child } = bench.arrives();
    const call = child("GET", SpanKind.CLIENT);
    const outcome = { service: "payment", code: "ok", exported: false } as const;
    const spanId = call.id;
    bench.calls.responded(spanId, 200, answered ? outcome : undefined, undefined);
    const { traceId } = span.spanContext();
    const { pipeline } = bench;
    expect(pipeline.isOfCallee(exchange, `00-${traceId}-${callee ?? spanId}-01`)).toBe(expected);
    expect(pipeline.isOfCallee(exchange, `00-${"0af7651916cd43dd".repeat(2)}-${callee ?? spanId}-01`)).toBe(
      false,
    );
  });
});

test("of an exchange that was not recorded is none", () => {
  expect(pipelineBench().pipeline.traceparentOf(new FakeExchange())).toBeUndefined();
});
