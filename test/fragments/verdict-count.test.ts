// Fragments by verdict: each is counted once, when it goes out of flight, however often it was decided about.
import { SpanKind } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { DRAIN_MS } from "../../src/fragments/drain.ts";
import { answerOf, node } from "../support/nodes.ts";
import { type Bench, FakeExchange, pipelineBench } from "../support/sdk.ts";

const NONE = { verdicts_failed: 0, verdicts_rejected: 0, verdicts_handled: 0 };

/** A request in whose middle something fails. */
function failing(bench: Bench, exchange = new FakeExchange()): { exchange: FakeExchange; end: () => void } {
  const { span, child } = bench.request(exchange);
  child("step").fail();
  return { exchange, end: () => span.end() };
}

test.each<[string, number, Partial<typeof NONE>]>([
  ["failed", 500, { verdicts_failed: 1 }],
  ["handled", 200, { verdicts_handled: 1 }],
])("a request that %s is counted when it has ended", (_, status, counted) => {
  const bench = pipelineBench();
  const { exchange, end } = failing(bench);
  bench.pipeline.answerAtHead(exchange, status);
  expect(bench.health.activity).toMatchObject(NONE);
  end();
  expect(bench.health.activity).toMatchObject({ ...NONE, ...counted });
});

test("a request that was rejected is counted as such", () => {
  const bench = pipelineBench();
  const { span, head } = bench.arrives();
  head(404);
  span.end();
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_rejected: 1 });
});

test("a request in which nothing failed is not counted", () => {
  const bench = pipelineBench();
  const { span, child, head } = bench.arrives();
  child("step").span.end();
  head(200);
  span.end();
  expect(bench.health.activity).toMatchObject(NONE);
  expect(bench.health.all()).toEqual({});
});

test("one that is decided about twice is counted by its last verdict alone", () => {
  const bench = pipelineBench();
  const { exchange, span, child, head } = bench.arrives();
  const late = child("late");
  child("early").fail();
  head(200);
  exchange.closesAs("broken");
  span.end();
  late.fail();
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_failed: 1 });
});

test("one that is timed out, answers then, and ends, is counted once", () => {
  const bench = pipelineBench({ fragmentTimeoutMs: 10_000 });
  const { exchange, end } = failing(bench);
  bench.clock.advance(10_500);
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_handled: 1 });
  bench.pipeline.answerAtHead(exchange, 200);
  end();
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_handled: 1 });
});

test("one that is evicted before its head is counted when it answers", () => {
  const bench = pipelineBench({ maxFragments: 1 });
  const { exchange, end } = failing(bench);
  bench.request();
  expect(bench.health.activity).toMatchObject(NONE);
  bench.pipeline.answerAtHead(exchange, 500);
  end();
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_failed: 1 });
});

test("one that is evicted, or shut down, after its head is counted by what the head said", () => {
  const bench = pipelineBench({ maxFragments: 1 });
  const first = failing(bench);
  bench.pipeline.answerAtHead(first.exchange, 200);
  const second = failing(bench);
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_handled: 1 });
  bench.pipeline.answerAtHead(second.exchange, 200);
  bench.pipeline.shutdown(() => {});
  bench.clock.advance(DRAIN_MS);
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_handled: 2 });
});

test("one that is shut down with an export promised is counted once", () => {
  const bench = pipelineBench();
  const { exchange, end } = failing(bench);
  bench.pipeline.answerAtHead(exchange, 500);
  bench.pipeline.shutdown(() => {});
  bench.clock.advance(DRAIN_MS);
  end();
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_failed: 1 });
});

test("a callee's failure that was handled makes a handled request", () => {
  const bench = pipelineBench();
  const { span, child, head } = bench.arrives();
  const client = child("GET", SpanKind.CLIENT);
  bench.calls.responded(client.id, 500, answerOf(node("stock")), undefined);
  client.span.end();
  head(200);
  span.end();
  expect(bench.health.activity).toMatchObject({ ...NONE, verdicts_handled: 1 });
});
