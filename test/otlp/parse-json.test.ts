// JSON in pieces: the same as at once, whatever it is and however short the pieces are.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/otlp/parse-json.ts";
import { atOnce } from "../../src/otlp/work.ts";

function outcome(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch (error) {
    return (error as Error).name;
  }
}

function expectSame(text: string, piece: number): void {
  const inPieces = outcome(() => atOnce(parseJson(text, piece)));
  expect([text, inPieces]).toStrictEqual([text, outcome(() => JSON.parse(text))]);
}

describe("JSON in pieces", () => {
  test("is what it is at once", () => {
    const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 30 }), fc.nat(3), (one, piece, spaces) =>
        expectSame(JSON.stringify(one, undefined, spaces), piece),
      ),
      { numRuns: 500 },
    );
  });

  test("is refused if it is refused at once", () => {
    const token = fc.constantFrom(
      ..."[]{},:",
      '"a"',
      '"\\\\"',
      '"__proto__"',
      '"1"',
      "1",
      "null",
      " ",
      "\n",
      "\u00a0",
      "\\",
    );
    const text = fc.array(token, { maxLength: 14 }).map((tokens) => tokens.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 4 }), (one, piece) => expectSame(one, piece)),
      { numRuns: 20_000 },
    );
  });

  test("of one character more or less is what it is at once, or refused as it is", () => {
    const text = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.constantFrom(...'[]{},:"\\ 1', ""),
        fc.integer({ min: 1, max: 10 }),
        (all, n, more, piece) => {
          const at = n % (all.length + 1);
          expectSame(all.slice(0, at) + more + all.slice(at + 1), piece);
          expectSame(all.slice(0, at) + more + all.slice(at), piece);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("takes its turns", () => {
    const long = JSON.stringify({ all: Array.from({ length: 50_000 }, (_, i) => ({ id: i, deep: [{}] })) });
    let turns = 0;
    const work = parseJson(long);
    for (let step = work.next(); ; step = work.next(), turns++) {
      if (!step.done) continue;
      expect(step.value).toEqual(JSON.parse(long));
      break;
    }
    expect(turns).toBeGreaterThan(long.length / 100_000);
  });

  test("is refused if it is very deep or has very many parts", () => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    expect(() => atOnce(parseJson(deep))).toThrow("nested more than 64 deep");
    expect(() => atOnce(parseJson(`[${"[],".repeat(1_000_001)}1]`))).toThrow("more than 1000000 arrays");
  });
});
