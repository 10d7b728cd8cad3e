// Which requests a program is told of, when, and for how many each of them stands.
import { AlwaysOnSampler, type Sampler } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { ForcedExport } from "../../src/export/forced-export.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import type { FailedRequest } from "../../src/tree/failed-request.ts";
import { ASK, type Bench, KeptFragments, KeptSpans, ManualClock, pipelineBench } from "../support/sdk.ts";

class Told {
  readonly isWanted: boolean = true;
  readonly requests: FailedRequest[] = [];

  tell(failed: FailedRequest): void {
    this.requests.push(failed);
  }
}

function benchTelling(parts: { sampler?: Sampler; sink?: KeptFragments } = {}): { bench: Bench; told: Told } {
  const told = new Told();
  return { bench: pipelineBench({}, { ...parts, failures: told }), told };
}

function answer(bench: Bench, status: number, ask?: typeof ASK): void {
  const { span, head } = bench.arrives(ask);
  head(status);
  span.end();
}

describe("a program", () => {
  test("is told of a request that failed, when it has ended", () => {
    const { bench, told } = benchTelling();
    const { span, head } = bench.arrives();
    head(500);
    expect(told.requests).toEqual([]);
    span.end();
    expect(told.requests).toMatchObject([
      { code: "internal", represents: 1, spanId: span.spanContext().spanId },
    ]);
  });

  test("is told of one that somebody asked about, without a number", () => {
    const { bench, told } = benchTelling();
    answer(bench, 500, ASK);
    expect(told.requests.map(({ represents }) => represents)).toEqual([undefined]);
  });

  test("is told of one that the head sampler took", () => {
    const { bench, told } = benchTelling({ sampler: new AlwaysOnSampler() });
    answer(bench, 500);
    answer(bench, 500, ASK);
    expect(told.requests.map(({ represents }) => represents)).toEqual([1, undefined]);
  });

  test("is not told of what went well, was rejected, or was handled", () => {
    const { bench, told } = benchTelling({
      sink: new KeptFragments({ exportHandled: true, exportRejected: true }),
    });
    answer(bench, 200);
    answer(bench, 404);
    const { span, child, head } = bench.arrives();
    child("SELECT").fail();
    head(200);
    span.end();
    expect(bench.sink.accepted.map(({ verdict }) => verdict)).toEqual(["rejected", "handled"]);
    expect(told.requests).toEqual([]);
  });

  test("is told of what was in flight when the process ended", () => {
    const { bench, told } = benchTelling();
    bench.arrives().child("SELECT").fail();
    bench.arrives().head(500);
    bench.pipeline.end.finish();
    expect(told.requests.map(({ code }) => code)).toEqual(["internal"]);
  });
});

test("in an outage the numbers add up to all requests that failed, with as many lines as the limiter lets through", () => {
  const clock = new ManualClock();
  const told = new Told();
  const exports = new ForcedExport({ ...DEFAULTS, exportDelayMs: 0 } as never, new HealthCounts(), {
    clock,
    failures: told,
  });
  exports.attach(new KeptSpans());
  const bench = pipelineBench({}, { sink: exports, failures: told });
  for (let i = 0; i < 1_000; i++) answer(bench as never, 500);
  expect(told.requests).toHaveLength(3);
  void exports.shutdown();
  expect(told.requests.map(({ represents, summary }) => [represents, summary])).toEqual([
    [1, undefined],
    [1, undefined],
    [1, undefined],
    [997, true],
  ]);
});
