// An error that reaches two requests is known again, and marked on the span of the one beneath which nothing failed.
import { SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { type Bench, pipelineBench } from "../support/sdk.ts";

const MARK = "error_tree.shared_error";

interface Request {
  /** The error that its handler throws. */
  readonly error: unknown;
  /** A call of it fails. */
  readonly calls?: boolean;
  /** What of it fails is a step of its own, with the error. */
  readonly own?: boolean;
}

/** Performs a request whose handler throws; whether its handler's span says that the error came from elsewhere. */
function perform(bench: Bench, { error, calls }: Request): boolean {
  const { span, child, head } = bench.arrives();
  const handler = child("request handler");
  if (calls) {
    const call = handler.child("GET", SpanKind.CLIENT);
    call.fail("connect ECONNREFUSED");
  }
  handler.span.recordException(error as Error);
  handler.span.setStatus({ code: 2 }).end();
  head(500);
  span.setStatus({ code: 2 }).end();
  const written = bench.sink.accepted.at(-1)?.spans.find(({ name }) => name === "request handler");
  return written?.attributes[MARK] === true;
}

function newError(): Error {
  return new Error("prices answered 503");
}

describe("an error of a request beneath which something failed", () => {
  test("is known again in another one, and in a third", () => {
    const bench = pipelineBench();
    const error = newError();
    expect(perform(bench, { error, calls: true })).toBe(false);
    expect(perform(bench, { error })).toBe(true);
    expect(perform(bench, { error })).toBe(true);
  });

  test("is no other error of the same words", () => {
    const bench = pipelineBench();
    const other = newError();
    const error = new Error("prices answered 503");
    expect(perform(bench, { error, calls: true })).toBe(false);
    expect(perform(bench, { error: other })).toBe(false);
  });

  test("is not known by its words alone", () => {
    const bench = pipelineBench();
    const error = { name: "Error", message: "no stack" };
    expect(perform(bench, { error, calls: true })).toBe(false);
    expect(perform(bench, { error })).toBe(false);
    expect(perform(bench, { error: "text", calls: true })).toBe(false);
    expect(perform(bench, { error: "text" })).toBe(false);
  });
});

test("an error of a request that failed by itself is not looked for", () => {
  const bench = pipelineBench();
  const error = newError();
  expect(perform(bench, { error })).toBe(false);
  expect(perform(bench, { error })).toBe(false);
});

test("the error that failRequest was given is known again, too", () => {
  const bench = pipelineBench();
  const error = newError();
  perform(bench, { error, calls: true });
  const { span, id, head } = bench.arrives();
  bench.pipeline.program.fail(id, error, undefined);
  head(200);
  span.end();
  expect(bench.sink.accepted.at(-1)?.spans[0]?.attributes[MARK]).toBe(true);
});

test("so many are remembered, and then the oldest is forgotten", () => {
  const bench = pipelineBench();
  const first = newError();
  perform(bench, { error: first, calls: true });
  const others = Array.from({ length: 256 }, (_, i) => new Error(`${i}`));
  const last = others.at(-1);
  for (const error of others) perform(bench, { error, calls: true });
  expect(perform(bench, { error: first })).toBe(false);
  expect(perform(bench, { error: last })).toBe(true);
});
