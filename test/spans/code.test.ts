// The tables that lead from what a producer tells to canonical codes.
import { describe, expect, test } from "vitest";
import { codeFromErrorType, codeFromNumber, codeFromSqlState } from "../../src/spans/code.ts";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";

const CALL: SpanFacts = {
  spanId: "a",
  service: "shop",
  kind: "client",
  name: "",
  status: "error",
  attributes: {},
  events: [],
  start: 0,
  end: 1,
};

function codeOf(attributes: SpanFacts["attributes"], events: SpanFacts["events"] = []): string | undefined {
  return toSpanRecord({ ...CALL, attributes, events }).code;
}

describe("a SQLSTATE", () => {
  test.each([
    ["23505", "already-exists"],
    ["23502", "invalid-argument"],
    ["23514", "invalid-argument"],
    ["23503", "failed-precondition"],
    ["22P02", "invalid-argument"],
    ["28P01", "unauthenticated"],
    ["42501", "permission-denied"],
    ["42P01", "internal"],
    ["40001", "aborted"],
    ["40P01", "aborted"],
    ["40002", "aborted"],
    ["53300", "resource-exhausted"],
    ["57014", "deadline-exceeded"],
    ["57P01", "unavailable"],
    ["08006", "unavailable"],
    ["XX001", "data-loss"],
    ["XX002", "data-loss"],
    ["XX000", "internal"],
    ["0A000", "unimplemented"],
    ["25P02", "failed-precondition"],
    ["25P03", "deadline-exceeded"],
    ["3D000", "internal"],
    ["55006", "failed-precondition"],
    ["55P03", "aborted"],
    ["P0001", "failed-precondition"],
    ["P0002", "not-found"],
  ])("%s is %s", (state, code) => {
    expect(codeFromSqlState(state)).toBe(code);
    expect(codeOf({ "db.system.name": "postgresql", "db.response.status_code": state })).toBe(code);
  });

  test.each(["", "99999", "constructor", "__proto__", "toString"])("%j tells no code", (state) => {
    expect(codeFromSqlState(state)).toBeUndefined();
  });
});

describe("an error type", () => {
  test.each([
    ["CERT_HAS_EXPIRED", "unavailable"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "unavailable"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "unavailable"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unavailable"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "unavailable"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "unavailable"],
    ["ERROR_IN_CERT_NOT_AFTER_FIELD", "unavailable"],
    ["EPROTO", "unavailable"],
    ["ERR_TLS_HANDSHAKE_TIMEOUT", "deadline-exceeded"],
    ["UND_ERR_CONNECT_TIMEOUT", "deadline-exceeded"],
    ["UND_ERR_HEADERS_TIMEOUT", "deadline-exceeded"],
    ["UND_ERR_BODY_TIMEOUT", "deadline-exceeded"],
    ["UND_ERR_WHATEVER_TIMEOUT", "deadline-exceeded"],
    ["UND_ERR_SOCKET", "unavailable"],
    ["UND_ERR_ABORTED", "cancelled"],
    ["23", "deadline-exceeded"],
    ["20", "cancelled"],
  ])("%s is %s, as attribute and as type of an exception", (type, code) => {
    expect(codeOf({ "error.type": type })).toBe(code);
    expect(codeOf({}, [{ name: "exception", attributes: { "exception.type": type } }])).toBe(code);
  });

  test("that nobody knows is none", () => {
    for (const type of ["constructor", "__proto__", "", "CardError"]) {
      expect(codeFromErrorType(type)).toBeUndefined();
    }
  });

  test("that is a number is a status", () => {
    expect(codeOf({ "error.type": "503" })).toBe("unavailable");
  });
});

describe("gRPC", () => {
  test.each([
    [0, undefined],
    [5, "not-found"],
    [16, "unauthenticated"],
    [17, "unknown"],
    [999, "unknown"],
    ["5", "not-found"],
    ["NOT_FOUND", "not-found"],
    ["17", "unknown"],
  ])("by the status %j is %s", (status, code) => {
    expect(codeOf({ "rpc.grpc.status_code": status })).toBe(code);
  });

  test("numbers that are none name no code", () => {
    for (const number of [-1, 17, 1.5, Number.NaN]) expect(codeFromNumber(number)).toBeUndefined();
  });
});
