// What the sampler says of a span, and that its result belongs to who asked for it.
import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { AlwaysOffSampler, type SamplingResult } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { ErrorTreeSampler } from "../../src/fragments/sampler.ts";
import { HealthCounts } from "../../src/health/counts.ts";

test("a sampler around ours may change the result: each call has one of its own", () => {
  const sampler = new ErrorTreeSampler(new AlwaysOffSampler(), { recordedForUs: false }, new HealthCounts());
  const sample = (): SamplingResult =>
    sampler.shouldSample(ROOT_CONTEXT, "1".repeat(32), "GET", SpanKind.SERVER, {}, []);
  const first = sample();
  first.attributes = { tenant: "a" };
  expect(sample()).toEqual({ decision: 1 });
});
