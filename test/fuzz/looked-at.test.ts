// The count of looks sees every way through which a reader can look at a text, and leaves nothing behind.
import { expect, test } from "vitest";
import { countLooks } from "./looked-at.ts";

test("counts what is looked at, and work that is not in proportion stands out", () => {
  const text = "ab:".repeat(100);
  expect(countLooks(() => text.charCodeAt(3)).looks).toBe(1);
  expect(countLooks(() => text.slice(0, 10)).looks).toBe(10);
  expect(countLooks(() => text.indexOf(":")).looks).toBe(3);
  expect(countLooks(() => text.indexOf("x", 200)).looks).toBe(100);
  expect(countLooks(() => /b:a/.test(text)).looks).toBe(text.length);
  const { looks } = countLooks(() => {
    for (let i = 0; i < text.length; i++) text.indexOf("x", i);
  });
  expect(looks).toBeGreaterThan(100 * text.length);
});

test("leaves the language as it was, also when a reader throws", () => {
  const before = [String.prototype.slice, String.prototype.charCodeAt, RegExp.prototype.exec, JSON.parse];
  expect(() => countLooks(() => JSON.parse("{"))).toThrow(SyntaxError);
  expect([String.prototype.slice, String.prototype.charCodeAt, RegExp.prototype.exec, JSON.parse]).toEqual(
    before,
  );
});
