// What a message of any length costs the redactor: it reads so many characters and no more.
import { expect, test } from "vitest";
import { framesOf } from "../../src/model/frames.ts";
import { redactText } from "../../src/model/redact.ts";

const TEN_MB = 10_000_000;

/** A long text that counts how many of its characters it gave away, and how far they reach. */
class CountedText {
  readonly length = TEN_MB;
  given = 0;
  farthest = 0;
  readonly #piece: string;

  constructor(piece: string) {
    this.#piece = piece;
  }

  charAt(at: number): string {
    return this.slice(at, at + 1);
  }

  charCodeAt(at: number): number {
    return this.slice(at, at + 1).charCodeAt(0);
  }

  slice(from: number, to = TEN_MB): string {
    this.given += to - from;
    this.farthest = Math.max(this.farthest, to);
    const first = Math.floor(from / this.#piece.length);
    const pieces = this.#piece.repeat(Math.ceil(to / this.#piece.length) - first);
    return pieces.slice(from - first * this.#piece.length).slice(0, to - from);
  }

  lastIndexOf(text: string, limit: number): number {
    return this.slice(0, limit + 1).lastIndexOf(text);
  }

  startsWith(text: string, at: number): boolean {
    return this.slice(at, at + text.length) === text;
  }
}

const PIECES = [
  "a",
  "word ",
  "password=",
  "eyJ",
  "\u001b[",
  "1234 ",
  "insert into x values ('",
  "https://a:b@",
];

test.each(PIECES)("a message of 10 MB of %j is read no further than any other", (piece) => {
  const text = new CountedText(piece);
  const told = redactText(text as unknown as string);
  expect(told.length).toBeLessThanOrEqual(4096);
  // Once as a whole, and around its cut once more.
  expect(text.farthest).toBeLessThanOrEqual(8192 + 16);
  expect(text.given).toBeLessThan(4 * 8192);
});

test.each(PIECES)("the text that counts is the text itself: %j", (piece) => {
  const whole = piece.repeat(Math.ceil(TEN_MB / piece.length)).slice(0, TEN_MB);
  expect(redactText(new CountedText(piece) as unknown as string)).toBe(redactText(whole));
});

test("a stack of 10 MB is read no further than any other", () => {
  const text = new CountedText("    at f (/app/src/a.js:1:2)\n");
  expect(framesOf(text as unknown as string, "/app")).toHaveLength(5);
  expect(text.given).toBeLessThanOrEqual(16_384);
});
