// What is handed over when the process ends without a shutdown: what shows a failure, and the request that threw.
import { type Context, context, SpanKind } from "@opentelemetry/api";
import type { Span } from "@opentelemetry/sdk-trace";
import { describe, expect, test, vi } from "vitest";
import type { FinishedFragment } from "../../src/export/finished-fragment.ts";
import type { ExportChoice } from "../../src/export/fragment-view.ts";
import type { FailureSink } from "../../src/tree/failed-request.ts";
import { type Bench, FakeExchange, KeptFragments, pipelineBench } from "../support/sdk.ts";

const ERROR = new RangeError("thrown in a timer");

/** The limiter lets nothing pass. */
class Limited extends KeptFragments {
  override decide(): ExportChoice {
    return { exported: false };
  }
}

/** A request whose head is written with this status, unless it is 0. */
function request({ request, pipeline }: Bench<KeptFragments>, status = 0): { span: Span; context: Context } {
  const exchange = new FakeExchange();
  const made = request(exchange);
  if (status > 0) pipeline.answerAtHead(exchange, status);
  return made;
}

function failBeneath(bench: Bench<KeptFragments>, parent: Context): void {
  bench.child(parent, "call", SpanKind.CLIENT).span.setStatus({ code: 2, message: "refused" }).end();
}

function threwIn({ pipeline }: Bench<KeptFragments>, where: Context): void {
  const spy = vi.spyOn(context, "active").mockReturnValue(where);
  pipeline.end.threw(ERROR);
  spy.mockRestore();
}

function rootOf({ spans, rootSpanId }: FinishedFragment): FinishedFragment["spans"][number] {
  const root = spans.find((span) => span.spanContext().spanId === rootSpanId);
  return root ?? expect.unreachable("no root");
}

describe("at the end of the process", () => {
  test("requests in flight that show no failure are left alone", () => {
    const bench = pipelineBench();
    request(bench);
    bench.child(request(bench, 200).context, "step").span.end();
    bench.pipeline.end.finish();
    expect(bench.sink.accepted).toEqual([]);
  });

  test("those that show one are handed over as they are, once", () => {
    const bench = pipelineBench();
    failBeneath(bench, request(bench).context);
    request(bench, 500);
    request(bench, 404);
    bench.pipeline.end.finish();
    bench.pipeline.end.finish();
    // A 404 that was answered is not worth an export.
    expect(bench.sink.accepted.map(({ verdict }) => verdict)).toEqual(["handled", "failed"]);
    for (const fragment of bench.sink.accepted) {
      expect(fragment.cutOff).toBe(true);
      expect(rootOf(fragment).attributes["error_tree.unended"]).toBe(true);
    }
  });

  test("one that waits for a span that has not ended is handed over once, and told once", () => {
    const told: string[] = [];
    const failures: FailureSink = { isWanted: true, tell: ({ traceId }) => void told.push(traceId) };
    const bench = pipelineBench({ settleMs: 5_000 }, { failures });
    const failed = bench.arrives();
    failed.child("still runs", SpanKind.CLIENT);
    failed.head(500);
    failed.span.end();
    bench.pipeline.end.finish();
    bench.pipeline.flush();
    bench.clock.advance(6_000);
    expect(bench.sink.accepted.map(({ verdict }) => verdict)).toEqual(["failed"]);
    expect(told).toHaveLength(1);
  });

  test("what starts beneath one that was handed over begins no request of its own", () => {
    const bench = pipelineBench();
    const served = bench.arrives();
    served.child("call 1", SpanKind.CLIENT).fail();
    bench.pipeline.end.finish();
    served.child("call 2", SpanKind.CLIENT).fail();
    served.child("call 3", SpanKind.CLIENT).fail();
    served.head(200);
    served.span.end();
    expect(bench.sink.accepted.map(({ verdict }) => verdict)).toEqual(["handled"]);
    expect(bench.pipeline.size).toBe(0);
  });

  test("failed ones are handed over whatever the limits are", () => {
    const bench = pipelineBench({}, { sink: new Limited() });
    request(bench, 500);
    bench.pipeline.end.finish();
    expect(bench.sink.accepted.map(({ verdict }) => verdict)).toEqual(["failed"]);
    expect(bench.sink.accepted[0]?.decidedAt).toBe(bench.clock.now());
  });

  test("one that cannot be handed over keeps no other from it", () => {
    const bench = pipelineBench();
    const accept = vi.spyOn(bench.sink, "accept").mockImplementationOnce(() => {
      throw new Error("broke");
    });
    request(bench, 500);
    request(bench, 500);
    bench.pipeline.end.finish();
    expect(accept).toHaveBeenCalledTimes(2);
    expect(bench.sink.accepted).toHaveLength(1);
    expect(bench.health.snapshot()).toMatchObject({ internal_errors: 1 });
  });
});

describe("the request in whose context an exception was thrown", () => {
  test.each([0, 200])("has failed with it, and comes last; status of its head: %i", (status) => {
    const bench = pipelineBench({}, { sink: new Limited() });
    const { context: own } = request(bench, status);
    const step = bench.child(own, "step");
    request(bench, 500);
    threwIn(bench, step.context);
    bench.pipeline.end.finish();
    const [, thrower] = bench.sink.accepted;
    expect(bench.sink.accepted).toHaveLength(2);
    expect(thrower?.verdict).toBe("failed");
    expect(thrower?.spans).toHaveLength(2);
    const root = rootOf(thrower as FinishedFragment);
    expect(root.status).toEqual({ code: 2, message: ERROR.message });
    expect(root.events[0]?.attributes?.["exception.type"]).toBe("RangeError");
    expect(thrower?.tree?.raw.root).toMatchObject({ errorType: "RangeError", message: ERROR.message });
  });

  test("keeps the failure that it has told", () => {
    const bench = pipelineBench();
    threwIn(bench, request(bench, 503).context);
    bench.pipeline.end.finish();
    expect(bench.sink.accepted[0]?.tree?.raw.root).toMatchObject({ code: "unavailable" });
    expect(bench.sink.accepted[0]?.tree?.raw.root).not.toHaveProperty("errorType");
  });

  test("has not failed if it is over, although something of it goes on", () => {
    const bench = pipelineBench();
    const { span, context: own } = request(bench, 200);
    const step = bench.child(own, "step");
    span.end();
    threwIn(bench, step.context);
    bench.pipeline.end.finish();
    expect(bench.sink.accepted).toEqual([]);
  });

  test("is one like all others as long as the process lives", () => {
    const bench = pipelineBench();
    const { span, context: own } = request(bench, 200);
    threwIn(bench, own);
    span.end();
    bench.pipeline.end.finish();
    expect(bench.sink.accepted).toEqual([]);
  });

  test("may be none", () => {
    const bench = pipelineBench();
    request(bench, 500);
    bench.pipeline.end.threw(ERROR);
    bench.pipeline.end.finish();
    expect(bench.sink.accepted).toHaveLength(1);
  });
});
