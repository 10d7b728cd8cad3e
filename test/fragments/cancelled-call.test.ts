// Calls that this process ended itself, and what is written of things that no span tells.
import { SpanKind } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { CancelledCall } from "../../src/exchange.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { type Bench, type FakeExchange, pipelineBench } from "../support/sdk.ts";

interface Ended {
  readonly error: unknown;
  readonly afterMs?: number;
  readonly cancelled?: CancelledCall;
  readonly status?: number;
}

/** A request with 500 over one call that broke. */
function requestOver({ error, afterMs = 0, cancelled, status }: Ended): {
  call: TreeNode | undefined;
  written: ReadableSpan | undefined;
} {
  const bench = pipelineBench({ fragmentTimeoutMs: Number.POSITIVE_INFINITY });
  const root = bench.arrives();
  const { span } = root.child("GET", SpanKind.CLIENT);
  const { spanId } = span.spanContext();
  bench.clock.advance(afterMs);
  if (status !== undefined) bench.calls.responded(spanId, status, undefined, undefined);
  bench.calls.broke(spanId, error, cancelled);
  span.end();
  root.head(500);
  root.span.end();
  const [fragment] = bench.sink.accepted;
  return {
    call: fragment?.tree?.redacted().root.children[0],
    written: fragment?.spans.find((one) => one.spanContext().spanId === spanId),
  };
}

function withCode(code: string): Error {
  return Object.assign(new Error("socket hang up"), { code });
}

class TooSlow extends Error {
  override readonly name = "TooSlow";
}

const NO_LIMIT: CancelledCall = { limitMs: 0 };
const LIMIT: CancelledCall = { limitMs: 1_000 };
const OLD: DOMException = new DOMException("aborted", "AbortError");

describe("a call that ended without an answer", () => {
  test.each<[string, Ended, string, string]>([
    ["by the other side", { error: withCode("ECONNRESET") }, "unavailable", "ECONNRESET"],
    ["by this process", { error: withCode("ECONNRESET"), cancelled: NO_LIMIT }, "cancelled", "ECONNRESET"],
    [
      "by this process, within its limit",
      { error: withCode("ECONNRESET"), cancelled: LIMIT, afterMs: 900 },
      "cancelled",
      "ECONNRESET",
    ],
    [
      "by this process, beyond its limit",
      { error: withCode("ECONNRESET"), cancelled: LIMIT, afterMs: 1_000 },
      "deadline-exceeded",
      "ECONNRESET",
    ],
    [
      "by this process with an error, beyond its limit",
      { error: new TooSlow(), cancelled: LIMIT, afterMs: 1_500 },
      "deadline-exceeded",
      "TooSlow",
    ],
    ["by this process with an error", { error: new TooSlow(), cancelled: NO_LIMIT }, "cancelled", "TooSlow"],
    ["by this process with a text", { error: "enough", cancelled: NO_LIMIT }, "cancelled", "AbortError"],
    [
      "by a signal, beyond the limit",
      { error: OLD, cancelled: LIMIT, afterMs: 1_500 },
      "cancelled",
      "AbortError",
    ],
    ["for want of the file to send", { error: withCode("ENOENT"), cancelled: NO_LIMIT }, "unknown", "ENOENT"],
  ])("%s", (_, ended, code, errorType) => {
    const { call, written } = requestOver(ended);
    expect(call).toMatchObject({ code, errorType, unanswered: true });
    expect(written?.status.code).toBe(2);
    expect(written?.attributes).toMatchObject({ "error.type": errorType });
    expect(written?.events.map(({ name }) => name)).toEqual(["exception"]);
  });
});

test("a failure that was told before the body broke off keeps its code", () => {
  const ended = { error: withCode("ECONNRESET"), cancelled: NO_LIMIT };
  expect(requestOver({ ...ended, status: 503 }).call).toMatchObject({ code: "unavailable", opaque: true });
  expect(requestOver({ ...ended, status: 200 }).call).toMatchObject({ code: "cancelled", opaque: true });
});

describe("what is written of a root", () => {
  function writtenRoot(
    end: (bench: Bench, root: ReturnType<Bench["request"]>, exchange: FakeExchange) => void,
  ) {
    const bench = pipelineBench();
    const root = bench.arrives();
    end(bench, root, root.exchange);
    root.span.end();
    const { attributes = {}, status } = bench.sink.accepted[0]?.spans[0] ?? {};
    expect(root.span.attributes).toEqual({});
    return [status?.code, status?.message, attributes["error_tree.code"], attributes["error_tree.abandoned"]];
  }

  test("says that its caller left", () => {
    expect(writtenRoot((_, __, exchange) => exchange.closesAs("caller-left"))).toEqual([
      2,
      undefined,
      "cancelled",
      true,
    ]);
  });

  test("says that its body broke off", () => {
    expect(writtenRoot((_, __, exchange) => exchange.closesAs("broken"))).toEqual([
      2,
      undefined,
      "data-loss",
      undefined,
    ]);
  });

  test("says what the program called a failure", () => {
    const root = writtenRoot(({ pipeline }, { span }) => {
      pipeline.program.fail(span.spanContext().spanId, new RangeError("no seats"), "data-loss");
    });
    expect(root).toEqual([2, "no seats", "data-loss", undefined]);
  });

  test("is the span itself where it says all", () => {
    expect(writtenRoot((_, { span }) => span.setStatus({ code: 2, message: "broke" }))).toEqual([
      2,
      "broke",
      undefined,
      undefined,
    ]);
  });
});
