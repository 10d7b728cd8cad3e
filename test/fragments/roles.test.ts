// Which part of a trace is a fragment, and which role it has.
import { context, SpanKind, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { EXCHANGE_KEY } from "../../src/exchange.ts";
import { ASK, type Bench, ERROR, FakeExchange, pipelineBench, remoteContext } from "../support/sdk.ts";

function fragmentsOf(bench: Bench): object[] {
  return bench.sink.accepted.map(({ role, parentId, late, spans }) => ({
    role,
    parentId,
    late,
    spans: spans.map(({ name }) => name),
  }));
}

describe("the role of a fragment", () => {
  test.each([
    ["without a remote parent, asked or not", undefined, ASK, {}, "root"],
    ["with a remote parent and an ask", remoteContext(), ASK, {}, "asked"],
    ["with a remote parent and no ask", remoteContext(), undefined, {}, "detached"],
    [
      "with a remote parent and no ask, where the service is an entry",
      remoteContext(),
      undefined,
      { entry: true },
      "root",
    ],
    [
      "with a remote parent and an ask, where the service is an entry",
      remoteContext(),
      ASK,
      { entry: true },
      "asked",
    ],
  ] as const)("%s", (_, parent, ask, options, role) => {
    const bench = pipelineBench(options);
    const exchange = new FakeExchange(ask);
    const { span } = bench.request(exchange, parent);
    const parentId = role === "asked" ? ASK.id : span.parentSpanContext?.spanId;
    bench.pipeline.answerAtHead(exchange, 500);
    span.end();
    expect(fragmentsOf(bench)).toEqual([{ role, parentId, late: false, spans: ["GET"] }]);
  });
});

test("two server spans of one exchange are one fragment, and the first answers", () => {
  const bench = pipelineBench();
  const exchange = new FakeExchange(ASK);
  const parent = remoteContext().setValue(EXCHANGE_KEY, exchange);
  const first = bench.request(exchange, remoteContext());
  const second = bench.child(parent, "GET again", SpanKind.SERVER);
  expect(bench.pipeline.size).toBe(1);
  second.fail();
  expect(bench.pipeline.answerAtHead(exchange, 500)?.tree?.root).toMatchObject({
    code: "internal",
    spanId: first.id,
    children: [],
  });
  first.span.end();
  expect(bench.sink.accepted).toHaveLength(1);
});

test.each([undefined, null])("a span with a link to nothing (%s) answers", (to) => {
  const bench = pipelineBench();
  const exchange = new FakeExchange(ASK);
  bench.tracer.startSpan(
    "handle",
    { kind: SpanKind.SERVER, links: [{ context: to as never }] },
    remoteContext().setValue(EXCHANGE_KEY, exchange),
  );
  expect(bench.pipeline.answerAtHead(exchange, 500)?.tree?.root).toMatchObject({ code: "internal" });
});

test("a consumer begins a fragment of its own, and answers no exchange", () => {
  const bench = pipelineBench();
  const { span, child, head } = bench.arrives();
  const consumer = child("consume", SpanKind.CONSUMER);
  expect(bench.pipeline.size).toBe(2);
  consumer.fail();
  expect(head(200)?.code).toBe("ok");
  span.end();
  expect(fragmentsOf(bench)).toMatchObject([{ spans: ["consume"] }]);
});

test("a failure after the head exports late, and the answer that was given stays what it was", () => {
  const bench = pipelineBench();
  const { exchange, span, head } = bench.arrives();
  expect(head(200)).toMatchObject({ code: "ok", exported: false });
  exchange.closesAs("broken");
  span.end();
  expect(fragmentsOf(bench)).toMatchObject([{ late: true }]);
  expect(bench.sink.accepted[0]?.tree?.redacted().root).toMatchObject({ code: "data-loss" });
});

test("a caller that left makes an abandoned request", () => {
  const bench = pipelineBench();
  const { exchange, span } = bench.arrives();
  exchange.closesAs("caller-left");
  span.end();
  expect(bench.pipeline.size).toBe(0);
  const told = bench.sink.accepted[0]?.tree?.redacted().root;
  if (told !== undefined) expect(told).toMatchObject({ code: "cancelled", abandoned: true });
});

test("the decision about the export is made once: what fails after a promised export does not make a second one", () => {
  const bench = pipelineBench();
  const { span, child, head } = bench.arrives();
  const live = child("live");
  expect(head(500)?.exported).toBe(true);
  span.setStatus(ERROR).end();
  live.fail();
  expect(fragmentsOf(bench)).toEqual([
    { role: "root", parentId: undefined, late: false, spans: ["GET", "live"] },
  ]);
});

test("a span ends twice without harm, as the SDK allows", () => {
  const bench = pipelineBench();
  const { span } = bench.request();
  bench.processor.onEnd(span);
  bench.processor.onEnd(span);
  expect(bench.pipeline.size).toBe(0);
  expect(bench.health.snapshot()).toEqual({});
});

test("a trace id that differs from the parent's begins a fragment of its own", () => {
  const bench = pipelineBench();
  const { span } = bench.request();
  const other = trace.setSpanContext(context.active(), { ...span.spanContext(), traceId: "a".repeat(32) });
  bench.child(other, "other");
  expect(bench.pipeline.size).toBe(2);
});
