// Errors that clients of gRPC and Connect throw into a program: their status is the code, however they were recorded.
import { Code as ConnectCode, ConnectError } from "@connectrpc/connect";
import type { ServiceError } from "@grpc/grpc-js";
import { trace } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exceptionEvent } from "../../src/fragments/read-span.ts";
import { noteFailure } from "../../src/program/messages/span-failure.ts";
import { causesOf } from "../../src/spans/causes.ts";
import { CODES, codeFromNumber } from "../../src/spans/code.ts";
import { errorFacts } from "../../src/spans/error-facts.ts";
import type { EventFacts } from "../../src/spans/exception.ts";
import type { SpanKindName } from "../../src/spans/otel.ts";
import { rpcErrorOf } from "../../src/spans/rpc-error.ts";
import { toSpanRecord } from "../../src/spans/span-record.ts";

/** As grpc-js makes them. Source: callErrorFromStatus in its call.ts. */
function grpcError(code: number, details: string): ServiceError {
  const name = Object.keys(CODES)[code]?.toUpperCase().replaceAll("-", "_");
  return Object.assign(new Error(`${code} ${name}: ${details}`), { code, details, metadata: {} as never });
}

const AWAY = grpcError(14, "the catalogue answered 503");
const NOT_FOUND = grpcError(5, "no such cart");
const CONNECT_AWAY = new ConnectError("the catalogue answered 503", ConnectCode.Unavailable);
const CONNECT_NOT_FOUND = new ConnectError("no such cart", ConnectCode.NotFound);

/** The record of a span that failed with an event. */
function recordOf(kind: SpanKindName, event: EventFacts, status?: string) {
  const { code, errorType, message } = toSpanRecord({
    spanId: "a",
    service: "shop",
    kind,
    name: "deliver order",
    status: "error",
    statusMessage: status,
    attributes: {},
    events: [event],
    start: 0,
    end: 1,
  });
  return { code, errorType, message };
}

/** The event and the status that are left on a span. */
function recorded(
  write: (span: ReturnType<typeof startSpan>) => void,
): readonly [EventFacts, string | undefined] {
  const span = startSpan();
  write(span);
  span.end();
  const { events, status } = span as unknown as ReadableSpan;
  return [events[0] as EventFacts, status.message];
}

function startSpan() {
  return new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [] })
    .getTracer("test")
    .startSpan("deliver order");
}

describe.each([
  ["gRPC", AWAY, NOT_FOUND],
  ["Connect", CONNECT_AWAY, CONNECT_NOT_FOUND],
])("an error of %s", (_, away, notFound) => {
  const ways: readonly [string, (error: Error) => readonly [EventFacts, string | undefined]][] = [
    ["handed to failRequest", (error) => [exceptionEvent(errorFacts(error)), undefined]],
    ["noted on the span of a message", (error) => recorded((span) => noteFailure(span, error))],
    ["recorded by the SDK", (error) => recorded((span) => span.recordException(error))],
  ];

  test.each(ways)("has its code and its words, if it is %s", (_way, events) => {
    for (const kind of ["server", "consumer", "internal"] as const)
      expect(recordOf(kind, ...events(away))).toEqual({
        code: "unavailable",
        errorType: undefined,
        message: "the catalogue answered 503",
      });
  });

  test.each(ways)("is handed on as a rejection to a caller only, if it is %s", (_way, events) => {
    const message = "no such cart";
    expect(recordOf("server", ...events(notFound))).toEqual({
      code: "not-found",
      errorType: undefined,
      message,
    });
    for (const kind of ["consumer", "internal"] as const)
      expect(recordOf(kind, ...events(notFound))).toEqual({ code: undefined, errorType: undefined, message });
  });

  test("is a cause with its status, which is the code of an error that says none itself", () => {
    const wrapped = new RangeError("no delivery", { cause: away });
    expect(causesOf(wrapped)).toEqual([away.message]);
    expect(recordOf("consumer", exceptionEvent(errorFacts(wrapped)))).toEqual({
      code: "unavailable",
      errorType: "RangeError",
      message: "no delivery",
    });
    const refused = new RangeError("no delivery", { cause: notFound });
    expect(recordOf("server", exceptionEvent(errorFacts(refused))).code).toBeUndefined();
  });
});

test.each([
  ["the exit code of a program", Object.assign(new Error("Command failed: ls"), { code: 14 })],
  ["a number of MongoDB", Object.assign(new Error("Unauthorized"), { code: 13 })],
  ["another status in its message", Object.assign(new Error("13 INTERNAL: lost"), { code: 14 })],
  ["no number, but the words of somebody else's error", new Error("14 UNAVAILABLE: lost")],
  ["the number of OK", Object.assign(new Error("0 OK: fine"), { code: 0 })],
])("an error with %s is none of gRPC", (_, error) => {
  const { code, message, errorType } = recordOf("server", exceptionEvent(errorFacts(error)));
  expect({ code, message }).toEqual({ code: undefined, message: error.message });
  expect(errorType).toBe("Error");
});

test("every status is read back; no text and no code makes it throw", () => {
  const text = fc.string({ maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), text, (number, details) => {
      const expected = { code: codeFromNumber(number), message: details || undefined };
      expect(rpcErrorOf(number, grpcError(number, details).message)).toEqual(expected);
      expect(rpcErrorOf(String(number), new ConnectError(details, number).message)).toEqual(expected);
    }),
  );
  fc.assert(fc.property(fc.anything(), text, (code, message) => void rpcErrorOf(code, message)));
});

test("a span that is not recorded takes no harm", () => {
  expect(() =>
    noteFailure(trace.wrapSpanContext({ traceId: "", spanId: "", traceFlags: 0 }), AWAY),
  ).not.toThrow();
});
