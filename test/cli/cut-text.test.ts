// Text of JSON that is cut off in many places: the same pieces are found as by reading on from each bracket, in time that grows with the text.
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/cli/input/input-error.ts";
import { type JsonText, jsonTexts } from "../../src/cli/input/json-texts.ts";
import { readInput } from "../../src/cli/input/read-input.ts";
import { TraceStore } from "../../src/cli/trace-store.ts";

const SPAN =
  '{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"x","startTimeUnixNano":"1","endTimeUnixNano":"2"}';
const WHOLE = `{"resourceSpans":[{"scopeSpans":[{"spans":[${SPAN}]}]}]}`;
/** One span, then an unfinished one. */
const CUT = `{"resourceSpans":[{"scopeSpans":[{"spans":[${SPAN},{"trace`;

async function read(text: string): Promise<number> {
  try {
    const { read } = await readInput(Readable.from([Buffer.from(text)]), "test", new TraceStore());
    return read;
  } catch (error) {
    if (error instanceof InputError) return 0;
    throw error;
  }
}

async function fastestOf(runs: number, text: string): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await read(text);
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

const filled = (line: string, length: number): string =>
  line.repeat(Math.ceil(length / line.length)).slice(0, length);

describe("eight times the text takes at most some eight times as long", () => {
  test.each<[name: string, text: (length: number) => string]>([
    ["braces that nothing closes", (length) => filled("{\n", length)],
    ["lists that nothing closes", (length) => filled('{"a":[\n', length)],
    ["a brace behind a whole object", (length) => filled("{}{\n", length)],
    ["strings that nothing closes", (length) => filled('{"a\\"\n', length)],
    ["lines that were cut off", (length) => filled(`${CUT}\n`, length)],
    ["documents that were read before", (length) => `${WHOLE}\n${filled('{"a\n[1]\n', length)}`],
    ["whole objects beneath many lists", (length) => "[".repeat(length / 2) + "{}".repeat(length / 4)],
    ["blank lines behind a brace", (length) => `{${"\n".repeat(length)}`],
    ["a gap in the value of the header", (length) => `x-error-tree: a${" ".repeat(length)}b`],
  ])("%s", async (_, text) => {
    await read(text(1_000));
    const short = await fastestOf(5, text(16_000));
    const long = await fastestOf(3, text(128_000));
    // Were it the square, it would be 64 times as long.
    expect(long).toBeLessThan(24 * Math.max(short, 1));
  });
});

test("a document over several lines is read behind any number of lines that were cut off", async () => {
  const document = JSON.stringify(JSON.parse(WHOLE), undefined, 2);
  for (const line of ["{", '{"a', '["b":"c', '{"a":["b\\"']) {
    expect(await read(`${`${line}\n`.repeat(1_000)}${document}\n${document}\n`)).toBe(2);
    expect(await read(`${document}\n${`${line}\n`.repeat(1_000)}${document}\n`)).toBe(2);
  }
});

test("of each of many lines that were cut off, the whole spans are read", async () => {
  expect(await read(`${CUT}\n`.repeat(1_000))).toBe(1_000);
});

/** The same pieces, found by reading on from each bracket. */
function* slowly(text: string): Generator<JsonText> {
  let rest = text;
  for (;;) {
    const from = rest.search(/[[{]/);
    if (from === -1) return;
    rest = rest.slice(from);
    const closed = closedIn(rest);
    const next = closed ?? rest.search(/\n[[{]/) + 1;
    if (closed === undefined && next === 0) {
      yield { text: rest, isWhole: false };
      return;
    }
    yield { text: rest.slice(0, next), isWhole: closed !== undefined };
    rest = rest.slice(next);
  }
}

function closedIn(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.|\\$)*(?:"|$)|[[\]{}]/gs)) {
    if (token === "{" || token === "[") depth++;
    else if ((token === "}" || token === "]") && --depth === 0) return index + 1;
  }
  return undefined;
}

test("the pieces of a text are those that are found by reading on from each bracket", () => {
  const line = fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", "a"), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), fc.constantFrom("\n", "\n{", "\n["), (lines, end) => {
      const text = lines.join(end);
      expect([...jsonTexts(text)]).toEqual([...slowly(text)]);
    }),
    { numRuns: 2_000 },
  );
});
