import { expect, test } from "vitest";
import {
  DASH,
  DIGIT,
  isAt,
  isSpace,
  isWordAt,
  LETTER,
  runEnd,
  spaceEnd,
  TOKEN68,
  WORD,
} from "../../src/redact/char-class.ts";

test("white space and the characters of words are those of a regex", () => {
  for (let unit = 0; unit < 0x1_0000; unit++) {
    const char = String.fromCharCode(unit);
    expect(isSpace(unit), unit.toString(16)).toBe(/\s/.test(char));
    expect(isAt(char, 0, WORD), unit.toString(16)).toBe(/\w/.test(char));
    expect(isAt(char, 0, TOKEN68), unit.toString(16)).toBe(/[\w.~+/-]/.test(char));
  }
});

test("nothing stands beyond a text", () => {
  for (const place of [-1, 2]) expect(isAt("ab", place, LETTER)).toBe(false);
  expect([runEnd("ab1", 0, LETTER), runEnd("ab", 0, LETTER), runEnd("abc", 0, LETTER, 2)]).toEqual([2, 2, 2]);
  expect([runEnd("", 0, DASH | DIGIT), spaceEnd("a", 1), spaceEnd(" \u00a0\t", 0)]).toEqual([0, 1, 3]);
  expect([isWordAt("a BeArer", 2, "bearer"), isWordAt("beare", 0, "bearer")]).toEqual([true, false]);
});
