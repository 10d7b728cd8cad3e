// Own health: what is counted, and that telling of a failure never becomes one.
import { expect, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";

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

test("what went as it should is among all counts, and not among what may need a look", () => {
  const health = new HealthCounts();
  expect(health.all()).toEqual({});
  health.activity.answers_read++;
  health.count("asks_refused", 2);
  expect(health.snapshot()).toEqual({ asks_refused: 2 });
  expect(health.all()).toEqual({ answers_read: 1, asks_refused: 2 });
});

function fail(): never {
  throw new Error("a getter broke");
}
