// The count of looks sees every way through which a reader can look at a text, and leaves nothing behind.
import { expect, test } from "vitest";
import { lookedAt } from "./looked-at.ts";

/** Characters that a function looks at, which may use regular expressions. */
function counted(run: () => unknown): number {
  return lookedAt(run, "counted").looks;
}

test("counts what is looked at, and work that is not in proportion stands out", () => {
  const text = "ab:".repeat(100);
  expect(counted(() => text.charCodeAt(3))).toBe(1);
  expect(counted(() => text.slice(0, 10))).toBe(10);
  expect(counted(() => text.indexOf(":"))).toBe(3);
  expect(counted(() => text.indexOf("x", 200))).toBe(101);
  expect(counted(() => /b:a/.test(text))).toBe(text.length);
  const looks = counted(() => {
    for (let i = 0; i < text.length; i++) text.indexOf("x", i);
  });
  expect(looks).toBeGreaterThan(100 * text.length);
});

test("counts nothing outside, also after a reader has thrown", () => {
  const limit = Error.stackTraceLimit;
  expect(() => lookedAt(() => JSON.parse("{"), "counted")).toThrow(SyntaxError);
  expect(Error.stackTraceLimit).toBe(limit);
  expect("ab".slice(0, 1) + /b/.exec("ab")?.[0]).toBe("ab");
  expect(counted(() => undefined)).toBe(0);
});

test("a regular expression is refused unless it is counted", () => {
  expect(() => lookedAt(() => /b/.test("ab"))).toThrow("reads a text in a way that cannot be counted");
  expect(() => lookedAt(() => "ab".replace(/b/, ""))).toThrow("cannot be counted");
  expect(counted(() => /b/.test("ab"))).toBe(2);
});
