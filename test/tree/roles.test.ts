// The attribute by which a program says what a call is for.
import { describe, expect, it } from "vitest";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";

const CALL: SpanFacts = {
  spanId: "a",
  service: "shop",
  kind: "client",
  name: "GET",
  status: "error",
  attributes: {},
  events: [],
  start: 0,
  end: 1,
};

describe("a span with the attribute error_tree.role", () => {
  it.each(["optional", "compensation", "report"])("tells the role %s", (role) => {
    expect(toSpanRecord({ ...CALL, attributes: { "error_tree.role": role } }).role).toBe(role);
  });

  it.each(["", "Optional", "constructor", 1, null, ["optional"]])("tells no role by %j", (role) => {
    expect(toSpanRecord({ ...CALL, attributes: { "error_tree.role": role } })).not.toHaveProperty("role");
  });

  it("tells the role also where it did not fail", () => {
    const span = { ...CALL, status: "unset" as const, attributes: { "error_tree.role": "optional" } };
    expect(toSpanRecord(span).role).toBe("optional");
  });
});
