// What is left of a fragment that is over while spans of it live on: nothing, for contexts hold its exchange for long.
import { SpanKind } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { Fragment } from "../../src/fragments/fragment.ts";
import { type Bench, FakeExchange, pipelineBench } from "../support/sdk.ts";

class TransportExchange extends FakeExchange {
  released = false;

  override release(): void {
    this.released = true;
  }
}

const hold = (exchange: TransportExchange): boolean =>
  exchange.fragment instanceof Fragment || !exchange.released;

test.each([
  ["that timed out", { fragmentTimeoutMs: 1_000 }, 1_500],
  ["whose export waited for it", { settleMs: 1_000 }, 1_500],
])("a span without end holds nothing of a request %s", (_, options, ms) => {
  const { clock, request, child } = pipelineBench(options);
  const exchange = new TransportExchange();
  const { span, context } = request(exchange);
  child(context, "never ends");
  span.setStatus({ code: 2 });
  span.end();
  expect(hold(exchange)).toBe(true);
  clock.advance(ms);
  expect(hold(exchange)).toBe(false);
});

test("a span without end holds nothing of an answered request that had to make room", () => {
  const { request, child } = pipelineBench({ maxFragments: 1 });
  const exchange = new TransportExchange();
  const { span, context } = request(exchange);
  child(context, "never ends");
  span.end();
  expect(hold(exchange)).toBe(true);
  request();
  expect(hold(exchange)).toBe(false);
});

test("a request that timed out before its answer keeps what the answer needs", () => {
  const { clock, request, pipeline } = pipelineBench({ fragmentTimeoutMs: 1_000 });
  const exchange = new TransportExchange();
  request(exchange);
  clock.advance(1_500);
  expect(pipeline.answerAtHead(exchange, 500)?.code).toBe("internal");
  expect(hold(exchange)).toBe(true);
});

test.each([
  ["had to make room", ({ request }: Bench) => void request()],
  ["was handed over as the process ended", ({ pipeline }: Bench) => pipeline.end.finish()],
])(
  "of a request that %s nothing is held once its span ends, and its spans begin none of their own",
  (_, give) => {
    const bench = pipelineBench({ maxFragments: 1 });
    const exchange = new TransportExchange();
    const { span, child } = bench.request(exchange);
    child("call", SpanKind.CLIENT).fail();
    give(bench);
    const { size } = bench.pipeline;
    child("call", SpanKind.CLIENT).fail();
    expect(bench.pipeline.size).toBe(size);
    expect(hold(exchange)).toBe(true);
    span.end();
    expect(hold(exchange)).toBe(false);
  },
);
