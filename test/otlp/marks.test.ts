// Marks of failure of any producer, through the reader of OTLP JSON: whether a span failed, with which code, and why.
import { describe, expect, test } from "vitest";
import { readSpan } from "../../src/otlp/read-json.ts";
import { type SpanFacts, type SpanRecord, toSpanRecord } from "../../src/spans/span-record.ts";

interface Written {
  readonly kind?: number | string;
  readonly status?: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly events?: readonly {
    readonly name?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

function recordOf({ kind = 2, status, attributes = {}, events = [] }: Written): SpanRecord {
  let found: SpanFacts | undefined;
  const written = {
    ...{ traceId: "a".repeat(32), spanId: "b".repeat(16), name: "get", kind, status },
    attributes: pairs(attributes),
    events: events.map((event) => ({ ...event, attributes: pairs(event.attributes) })),
  };
  readSpan(written, "shop", {
    span(_, span) {
      found = span;
    },
  });
  return toSpanRecord(found as SpanFacts);
}

function pairs(attributes: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value:
      typeof value === "number"
        ? { intValue: `${value}` }
        : typeof value === "boolean"
          ? { boolValue: value }
          : { stringValue: value },
  }));
}

describe("the attribute error", () => {
  test.each([true, "true", "True", 1])("is true: %j", (error) => {
    expect(recordOf({ attributes: { error } }).failed).toBe(true);
  });

  test.each([false, "false", "unset", "no", "0", 0, "OK", "none", "", "connection refused"])(
    "is not true: %j",
    (error) => {
      expect(recordOf({ attributes: { error } }).failed).toBe(false);
      expect(recordOf({ kind: 1, attributes: { error } }).failed).toBe(false);
    },
  );

  test("says why, if another mark says that the span failed", () => {
    const attributes = { error: "connection refused", "http.status_code": "503" };
    expect(recordOf({ attributes })).toMatchObject({ code: "unavailable", message: "connection refused" });
    expect(recordOf({ attributes: { ...attributes, error: "unset" } }).message).toBeUndefined();
  });
});

describe("the status of OTLP", () => {
  test.each([2, "2", "ERROR", "Error", "error", "STATUS_CODE_ERROR"])("is an error: %j", (code) => {
    expect(recordOf({ status: { code, message: "no" } })).toMatchObject({ failed: true, message: "no" });
    expect(recordOf({ status: code }).failed).toBe(true);
  });

  test.each([0, 1, "OK", "Ok", "STATUS_CODE_OK", "UNSET", "STATUS_CODE_UNSET", null, undefined])(
    "is none: %j",
    (code) => {
      expect(recordOf({ status: { code } }).failed).toBe(false);
    },
  );

  test.each(["Error", "ERROR", "STATUS_CODE_ERROR", 2])("as the attribute otel.status_code: %j", (code) => {
    expect(recordOf({ kind: 1, attributes: { "otel.status_code": code } }).failed).toBe(true);
  });
});

describe("the code by the names of other producers", () => {
  const rows: readonly [string, Readonly<Record<string, unknown>>, Partial<SpanRecord>][] = [
    [
      "OpenCensus",
      { "status.code": 5, "status.message": "no row" },
      { code: "not-found", message: "no row" },
    ],
    ["OpenCensus in Zipkin", { "census.status_code": "UNAVAILABLE" }, { code: "unavailable" }],
    ["early OpenTelemetry", { "status.code": 2, "status.name": "ERROR" }, { failed: true }],
    ["early OpenTelemetry that went well", { "status.code": 1, "status.name": "OK" }, { failed: false }],
    ["gRPC by number", { "grpc.status_code": "14" }, { code: "unavailable" }],
    ["gRPC by its name in Java", { "grpc.status_code": "DEADLINE_EXCEEDED" }, { code: "deadline-exceeded" }],
    ["gRPC by its name in Go", { "grpc.code": "NotFound" }, { code: "not-found" }],
    ["gRPC by OpenTracing of Go", { component: "gRPC", response_code: 7 }, { code: "permission-denied" }],
    ["gRPC that went well", { "grpc.status_code": 0 }, { failed: false }],
    ["Linkerd", { "http.status": "503" }, { code: "unavailable" }],
    ["Stackdriver", { "/http/status_code": "404" }, { code: "not-found" }],
    [
      "Spring",
      { outcome: "SERVER_ERROR", status: "500", exception: "Oops" },
      { code: "internal", errorType: "Oops" },
    ],
    ["Spring that went well", { outcome: "SUCCESS", status: "200", exception: "none" }, { failed: false }],
  ];
  test.each(rows)("%s", (_, attributes, expected) => {
    expect(recordOf({ attributes })).toMatchObject(expected);
  });
});

describe("Envoy's response flags", () => {
  const envoy = { component: "proxy", error: "true", upstream_cluster: "outbound|80||reviews.default" };

  test.each([
    ["UH", "503", "unavailable", "no healthy upstream (UH)"],
    ["UF,URX", "503", "unavailable", "upstream connection failure (UF)"],
    ["UO", "503", "unavailable", "upstream overflow: the circuit breaker is open (UO)"],
    ["NR", "404", "not-found", "no route for the request (NR)"],
    ["UT", "504", "deadline-exceeded", "upstream request timeout (UT)"],
    ["DC", "0", "cancelled", "downstream closed the connection (DC)"],
    ["UC", undefined, "unavailable", "upstream closed the connection (UC)"],
  ])("%s with the status %s", (flags, status, code, message) => {
    const attributes = {
      ...envoy,
      response_flags: flags,
      ...(status === undefined ? undefined : { "http.status_code": status }),
    };
    const record = recordOf({ kind: 3, attributes });
    expect(record).toMatchObject({ failed: true, code, message, peer: "reviews.default" });
    expect(record.answered).toBe(status !== undefined && status !== "0");
  });

  test.each(["-", "", "RFCF", "FI2"])("%s is no failure", (flags) => {
    const attributes = { component: "proxy", response_flags: flags, "http.status_code": "200" };
    expect(recordOf({ attributes }).failed).toBe(false);
  });
});

describe("logs of OpenTracing", () => {
  const failing: readonly [string, Readonly<Record<string, unknown>>, Partial<SpanRecord>][] = [
    ["event error", { event: "error", message: "boom" }, { message: "boom" }],
    ["error.object alone", { "error.object": "boom" }, { message: "boom" }],
    ["error alone", { error: "boom" }, { message: "boom" }],
    ["error.kind", { event: "error", "error.kind": "ECONNREFUSED" }, { code: "unavailable" }],
  ];
  test.each(failing)("say that a span failed: %s", (_, { event, ...attributes }, expected) => {
    const events = [{ ...(event === undefined ? undefined : { name: String(event) }), attributes }];
    expect(recordOf({ kind: 1, events })).toMatchObject({ failed: true, ...expected });
  });

  test("that only tell of an error say why a span failed, but not that it did", () => {
    const events = [
      {
        name: "Retrying GetDriver after error",
        attributes: { level: "error", message: "retrying", error: "redis timeout" },
      },
    ];
    expect(recordOf({ events }).failed).toBe(false);
    expect(recordOf({ events, attributes: { error: true } })).toMatchObject({
      failed: true,
      message: "retrying: redis timeout",
    });
  });
});
