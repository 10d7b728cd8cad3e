// Own health: what is counted, and that telling of a failure never becomes one.
import { expect, test } from "vitest";
import { HealthCounts } from "../src/health.ts";

test.each<[string, unknown]>([
  ["an object without a prototype", Object.create(null)],
  ["an object whose text throws", { toString: fail }],
  ["an error whose stack throws", Object.defineProperty(new Error("x"), "stack", { get: fail })],
  ["a symbol", Symbol("broke")],
  ["nothing", undefined],
])("%s that was thrown is counted, and thrown no further", (_, thrown) => {
  const health = new HealthCounts();
  health.failed("a test", thrown);
  expect(health.snapshot()).toEqual({ internal_errors: 1 });
});

function fail(): never {
  throw new Error("a getter broke");
}
