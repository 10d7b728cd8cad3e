// Who reads a service's spans from a backend finds the order that the service saw, though times are too coarse to show it.
import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SPAN_KINDS } from "../../src/spans/otel.ts";
import { type SpanRecord, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { FakeExchange, pipelineBench } from "../support/sdk.ts";

const EPOCH_MS = 1_800_000_000_000;

/** A call that fails: when it begins and ends, in steps of the program, and by how much each time is told too early. */
interface Call {
  readonly begins: number;
  readonly takes: number;
  readonly earlyMs: number;
}

interface Seen {
  /** As the service's header tells it. */
  readonly header: TreeNode | undefined;
  readonly spans: readonly ReadableSpan[];
}

/** One request that fails, with its calls; a step takes a tenth of a millisecond. */
function perform(calls: readonly Call[]): Seen {
  const bench = pipelineBench();
  const exchange = new FakeExchange(undefined);
  const root = bench.request(exchange);
  const steps = Math.max(...calls.map(({ begins, takes }) => begins + takes));
  const running = new Map<Call, ReturnType<typeof bench.tracer.startSpan>>();
  const timeOf = (step: number, { earlyMs }: Call): number => EPOCH_MS + step / 10 - earlyMs;
  for (let step = 0; step <= steps; step++) {
    for (const [i, call] of calls.entries()) {
      if (call.begins === step) {
        const options = { kind: SpanKind.CLIENT, startTime: timeOf(step, call) };
        running.set(call, bench.tracer.startSpan(`call ${i}`, options, root.context));
      }
      if (call.begins + call.takes !== step) continue;
      const span = running.get(call);
      span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end(timeOf(step, call));
    }
  }
  const header = bench.pipeline.answerAtHead(exchange, 500)?.tree?.root;
  // The calls were before its end, also by their times.
  root.span.setStatus({ code: SpanStatusCode.ERROR }).end(EPOCH_MS + 1000);
  return { header, spans: bench.sink.accepted.flatMap((fragment) => [...fragment.spans]) };
}

/** What a reader of the backend makes of a span. */
function recordOf(span: ReadableSpan): SpanRecord {
  const parentId = span.parentSpanContext?.spanId;
  return toSpanRecord({
    spanId: span.spanContext().spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service: "s",
    kind: SPAN_KINDS[span.kind] ?? "internal",
    name: span.name,
    status: span.status.code === SpanStatusCode.ERROR ? "error" : "unset",
    attributes: span.attributes,
    events: [],
    start: microseconds(span.startTime),
    end: microseconds(span.endTime),
    lag: 1000,
  });
}

/** Whole ones, as the readers of OTLP have them. */
function microseconds([seconds, nanos]: ReadableSpan["startTime"]): number {
  return seconds * 1e6 + Math.floor(nanos / 1e3);
}

/** The failures beneath a root, in their order. */
function failuresOf(root: TreeNode | undefined): object[] {
  return (root?.children ?? []).map(({ operation, survived }) => ({ operation, survived }));
}

function ordersIn(spans: readonly ReadableSpan[]): unknown[] {
  return spans.map(({ attributes }) => [attributes["error_tree.began"], attributes["error_tree.ended"]]);
}

describe("spans tell their order", () => {
  test("where times show another one, and only there", () => {
    const first = { begins: 1, takes: 2, earlyMs: 0 };
    const second = { begins: 4, takes: 3, earlyMs: 0 };
    expect(ordersIn(perform([first, second]).spans)).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    const { header, spans } = perform([first, { ...second, earlyMs: 0.9 }]);
    expect(ordersIn(spans)).toEqual([
      [undefined, undefined],
      [1, 2],
      [3, 4],
    ]);
    expect(failuresOf(header)).toEqual([
      { operation: "call 0", survived: true },
      { operation: "call 1", survived: undefined },
    ]);
  });

  test("so that any calls, told up to a millisecond too early, give the header's tree", () => {
    const call = fc.record({
      begins: fc.nat(20),
      takes: fc.integer({ min: 1, max: 20 }),
      earlyMs: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), (calls) => {
        const { header, spans } = perform(calls);
        const [tree] = buildTrees(spans.map(recordOf));
        expect(failuresOf(tree?.root)).toEqual(failuresOf(header));
      }),
      // Within a microsecond of another's end: readers have whole ones.
      {
        examples: [
          [
            [
              { begins: 4, takes: 13, earlyMs: 0 },
              { begins: 17, takes: 1, earlyMs: 2 ** -13 },
              { begins: 0, takes: 1, earlyMs: 0 },
            ],
          ],
        ],
      },
    );
  });
});

describe("a call that fails too late is late for who reads the spans, too", () => {
  test("just after the step above it had failed", () => {
    const [header, read] = performIn(({ tracer, above }) => {
      const step = tracer.startSpan("step", { startTime: EPOCH_MS }, above);
      const inStep = trace.setSpan(above, step);
      const call = tracer.startSpan("call", { kind: SpanKind.CLIENT, startTime: EPOCH_MS + 2 }, inStep);
      fail(step, 10.5);
      fail(call, 10.7);
    });
    expect(header).toEqual([{ operation: "call", survived: true }]);
    expect(read).toEqual(header);
  });

  test("after the request had reported its failure, and before its span ended", () => {
    const call = ({ tracer, above }: Running, name: string, startMs: number) =>
      tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: EPOCH_MS + startMs }, above);
    const [header, read] = performIn(
      (running) => fail(call(running, "charge", 2), 10),
      (running) => fail(call(running, "audit", 20), 30),
    );
    expect(header).toEqual([{ operation: "charge", survived: undefined }]);
    expect(read).toEqual([...header, { operation: "audit", survived: true }]);
  });
});

interface Running {
  readonly tracer: Tracer;
  readonly above: Context;
}

function fail(span: Span, atMs: number): void {
  span.setStatus({ code: SpanStatusCode.ERROR }).end(EPOCH_MS + atMs);
}

/** The failures beneath a request as its header has them, and as a reader of its spans finds them. */
function performIn(
  before: (running: Running) => void,
  after: (running: Running) => void = () => undefined,
): readonly [header: object[], read: object[]] {
  const bench = pipelineBench();
  const exchange = new FakeExchange(undefined);
  const { span, context: above } = bench.request(exchange);
  const running = { tracer: bench.tracer, above };
  before(running);
  const header = bench.pipeline.answerAtHead(exchange, 500)?.tree?.root;
  after(running);
  fail(span, 1000);
  const spans = bench.sink.accepted.flatMap((fragment) => [...fragment.spans]);
  const [tree] = buildTrees(spans.map(recordOf));
  return [failuresOf(header), failuresOf(tree?.root)];
}

test.each([
  ["every span of the part", true],
  ["only some spans of the part, as where a head sampler took the others", false],
])("numbers on %s: the first failure stays the cause", (_, numbered) => {
  const order = (began: number, ended: number) => ({ "error_tree.began": began, "error_tree.ended": ended });
  const span = (
    spanId: string,
    kind: SpanRecord["kind"],
    [start, end]: readonly [number, number],
    attributes: Record<string, string | number>,
  ): SpanRecord =>
    toSpanRecord({
      spanId,
      ...(spanId === "root" ? undefined : { parentId: "root" }),
      service: "shop",
      kind,
      name: spanId,
      status: spanId === "audit" ? "unset" : "error",
      attributes,
      events: [],
      start: EPOCH_MS * 1000 + start,
      end: EPOCH_MS * 1000 + end,
    });
  const [tree] = buildTrees(
    [
      span("root", "server", [0, 9000], { "http.response.status_code": 500 }),
      span("audit", "internal", [0, 100], numbered ? order(1, 2) : {}),
      span("charge", "client", [1000, 5000], { ...order(3, 5), "server.address": "bank" }),
      span("notify", "client", [1000, 7000], { ...order(4, 6), "server.address": "mail" }),
    ],
    {},
  );
  expect(tree?.root.children.map(({ operation, survived }) => [operation, survived])).toEqual([
    ["charge", undefined],
    ["notify", undefined],
  ]);
});
