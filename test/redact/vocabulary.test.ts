import { expect, test } from "vitest";
import { areOrdinary, isOrdinary, vocabulary } from "../../src/redact/vocabulary.ts";
import { PACKED_WORDS } from "../../src/redact/vocabulary-words.ts";

const NAMES =
  "alice bob carol dave eve james john robert michael william david richard joseph thomas mary patricia jennifer linda elizabeth " +
  "barbara susan jessica sarah karen lisa nancy anna maria peter paul mark frank max jack rose grace hope joy art bill dean smith " +
  "johnson williams jones garcia miller davis rodriguez martinez wilson anderson taylor moore jackson lee thompson clark lewis walker";
const PASSWORDS =
  "qwerty letmein dragon monkey hunter shadow master welcome admin login football baseball iloveyou sunshine princess abc superman " +
  "batman trustno hello freedom whatever ninja mustang starwars summer winter computer cheese banana ginger pepper tigger please";

test("holds words of errors, in any case", () => {
  for (const word of "connection refused password token Unexpected TIMEOUT constraint doesn't".split(" ")) {
    expect(isOrdinary(word), word).toBe(true);
  }
});

test("holds no name of a person, and no typical password", () => {
  for (const word of `${NAMES} ${PASSWORDS}`.split(" ")) expect(isOrdinary(word), word).toBe(false);
});

test("is small, sorted and whole", () => {
  const words = [...vocabulary()];
  expect(words.length).toBeGreaterThan(2000);
  expect(PACKED_WORDS.join("").length).toBeLessThan(12_000);
  expect(words).toEqual([...words].sort());
  for (const word of words) expect(word).toMatch(/^[a-z][a-z'_]*$/);
});

test("numbers of more than three digits, and words with digits or underscores, are not ordinary", () => {
  const isWhole = (text: string): boolean => areOrdinary(text, 0, text.length);
  for (const text of ["not found", "at most 100", "must be a string", "10.0.0.1", ""])
    expect(isWhole(text), text).toBe(true);
  for (const text of ["hunter", "found 4711", "found2", "is_valid_x", "größe", "x ".repeat(60)]) {
    expect(isWhole(text), text).toBe(false);
  }
});
