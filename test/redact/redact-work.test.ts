// What a message costs the redactor, whatever it is: it reads so many characters and no more.
import { describe, expect, test } from "vitest";
import { vocabulary } from "../../src/redact/vocabulary.ts";
import { framesOf } from "../../src/spans/frames.ts";
import { redactText } from "../../src/tree/redact-node.ts";
import { lookedAt, MOST_LOOKS } from "../support/looked-at.ts";
import { BEGINNINGS, FRAGMENTS } from "../support/redact-fragments.ts";

// Unpacked once for the process: no reading of a text.
vocabulary();

/** The first text that was found for which the time grew with the square of the length. */
const FIRST_FOUND = "jwt:jwt:://x@".repeat(631);

/** Measured before anything is counted, which makes every reading slow for the rest of the process. */
const TIMES = [1024, 2048, 4096, 8192].map((size) => {
  const text = FIRST_FOUND.slice(0, size);
  for (let i = 0; i < 20; i++) redactText(text);
  const start = performance.now();
  redactText(text);
  return `${size} characters ${(performance.now() - start).toFixed(2)} ms`;
});

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

describe("characters looked at for each character of a text are no more than a constant,", () => {
  const SIZE = 8192;
  const filled = (piece: string, beginning = ""): string =>
    (beginning + piece.repeat(Math.ceil(SIZE / piece.length))).slice(0, SIZE);
  const looksAt = (text: string): number => lookedAt(() => redactText(text)).looks / text.length;

  test("a look is counted, however it is done, and a regex is none", () => {
    const text = "some words";
    expect(lookedAt(() => text.charCodeAt(1)).looks).toBe(1);
    expect(lookedAt(() => text.indexOf("w", 2)).looks).toBe(3 + 1);
    expect(lookedAt(() => text.includes("x")).looks).toBe(10 + 1);
    expect(lookedAt(() => text.lastIndexOf("w")).looks).toBe(5 + 1);
    expect(lookedAt(() => text.slice(2, 5)).looks).toBe(3);
    expect(lookedAt(() => text.toLowerCase()).looks).toBe(10);
    const quadratic = (): void => {
      for (let i = 0; i < text.length; i++) for (let j = i; j < text.length; j++) text.charAt(j);
    };
    expect(lookedAt(quadratic).looks).toBe(55);
    const unseen: readonly (() => unknown)[] = [
      () => /w/.test(text),
      () => text.replace("s", ""),
      () => [...text],
      () => text.split(""),
    ];
    for (const look of unseen) expect(() => lookedAt(look)).toThrow("cannot be counted");
    expect(text.replace(/s/g, "")).toBe("ome word");
  });

  test.each(FRAGMENTS.map((fragment, place) => [fragment, place] as const))(
    "for %j with every other fragment, in turn",
    (fragment, place) => {
      for (const other of FRAGMENTS.slice(place)) {
        expect(looksAt(filled(fragment + other)), other).toBeLessThan(MOST_LOOKS);
      }
      for (const beginning of BEGINNINGS) {
        expect(looksAt(filled(fragment, beginning)), beginning).toBeLessThan(MOST_LOOKS);
      }
    },
  );

  test.each([
    [
      "marks one beside the other",
      `word h1dd3n743727@example.com word Failing row contains (1, h1dd3n773470, null). word Cast to ${"[redacted]]".repeat(8)}'[redac].-eyJ word access_token=h1dd3n629659 word `,
    ],
    [
      "a value that is a part of a mark",
      `word sent Bearer h1dd3n431938 to word postgres://app:h1dd3n155828@db:5432/shop word with x as (,a="]${"[redacted]]".repeat(18)}`,
    ],
    [
      "escaped quotes, all closed by the last",
      `incorrect ${'\\"'.repeat(1100)}${"/".repeat(850)}" is out of range, pin=1`,
    ],
    ["a list of parameters that is no credential", `${"authorization=x,".repeat(500)}authorization=x/ z`],
    ["flags behind quotes", `htpasswd ${"'-b".repeat(2700)}`],
    ["flags of a command that is not there", " -b".repeat(2700)],
    ["flags of one command", `htpasswd${" -b".repeat(2700)}`],
    ["flags with numbers", `htpasswd${" -bC 1".repeat(1350)}`],
    ["flags before a long word", `htpasswd ${"-b -n -c -B ".repeat(20)}${"x".repeat(7900)} y`],
  ])("for %s", (_, text) => {
    expect(looksAt(text)).toBeLessThan(MOST_LOOKS / 2);
  });

  test("whatever the length", () => {
    const looks = [1024, 2048, 4096, 8192].map((size) => looksAt(FIRST_FOUND.slice(0, size)));
    process.stdout.write(`${JSON.stringify(FIRST_FOUND.slice(0, 13))}, repeated: ${TIMES.join(", ")}\n`);
    // Of a long text less is read again, because it is cut; where it was cut a value is looked at twice.
    expect(Math.max(...looks)).toBeLessThan(1.5 * (looks[0] as number));
  });
});
