// The trace that a response names: the exchange's own span, flagged where the backend will have it.
import { AlwaysOffSampler, AlwaysOnSampler } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { collectorBench, FakeExchange, KeptFragments } from "../support/sdk.ts";

const TIGHT = { maxExportsPerSecond: 1, maxNovelPerMinute: 1, kindIntervalMs: 60_000 };

test.each([
  ["fails and is exported", new AlwaysOffSampler(), 500, {}, "01"],
  ["fails, and the limiter holds it back", new AlwaysOffSampler(), 500, TIGHT, "00"],
  ["goes well", new AlwaysOffSampler(), 200, {}, "00"],
  ["is rejected", new AlwaysOffSampler(), 404, {}, "00"],
  ["goes well and is head-sampled", new AlwaysOnSampler(), 200, {}, "01"],
  ["fails and is head-sampled", new AlwaysOnSampler(), 500, {}, "01"],
] as const)("of a request that %s", (_, sampler, status, limits, flags) => {
  const bench = collectorBench({}, { sampler, sink: new KeptFragments(limits) });
  // What comes before uses up the room that the limiter has, where it has a bound.
  for (let i = 0; i < 10; i++) {
    const before = new FakeExchange();
    const { span } = bench.request(before);
    bench.collector.outcomeAtHead(before, 503);
    span.end();
  }
  const exchange = new FakeExchange();
  const { span } = bench.request(exchange);
  bench.collector.outcomeAtHead(exchange, status);
  const { traceId, spanId } = span.spanContext();
  expect(bench.collector.traceparentOf(exchange)).toBe(`00-${traceId}-${spanId}-${flags}`);
  span.end();
});

test("of an exchange that was not recorded is none", () => {
  expect(collectorBench().collector.traceparentOf(new FakeExchange())).toBeUndefined();
});
