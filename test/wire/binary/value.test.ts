// The header value around the bytes: base64 between colons, and the version behind them.
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorTree } from "../../../src/tree/tree.ts";
import { isBinaryValue, readValue, ValueWriter } from "../../../src/wire/binary/value.ts";
import { DEFAULT_LIMITS } from "../../../src/wire/limits.ts";
import { bytesField, join, packedField } from "../../support/wire/wire-bytes.ts";
import { ID } from "../../support/wire/wire-trees.ts";

/** Trees of one service whose bytes end at every place of a group of base64. */
const NAMES = ["p", "pa", "pay", "paym"];

function messageOf(name: string): Uint8Array {
  const text = [bytesField("text", name), packedField("lengths", [name.length])];
  return join(...text, packedField("services", [1]));
}

function base64Of(name: string): string {
  return deflateRawSync(messageOf(name), { level: 9, windowBits: 12 }).toString("base64");
}

/** As it is written where there is room: not made shorter. */
function storedOf(name: string): string {
  return deflateRawSync(messageOf(name), { level: 0 }).toString("base64");
}

function serviceIn(value: string): string | undefined {
  return readValue(value, "", DEFAULT_LIMITS)?.root.service;
}

const base64 = base64Of("pay");

describe("a value is read", () => {
  test.each(NAMES)("whole, as it is written (%s)", (name) => {
    expect(serviceIn(`:${base64Of(name)}:;v=1`)).toBe(name);
  });

  test.each(NAMES)("without the padding (%s)", (name) => {
    expect(serviceIn(`:${base64Of(name).replaceAll("=", "")}:;v=1`)).toBe(name);
  });

  const parameters = [
    ";v=1;w=2",
    ";w=2;v=1",
    ";a;b=?0;v=1",
    "; v=1",
    ";  a=1; v=1 ",
    ";v=2;v=1",
    ';t="a;v=2";v=1',
    ";a=:AAAA:;v=1",
    ";a=:AAAA:;v=1;b=1.5;c=@1",
    ";v=01",
  ];
  test.each(parameters)("with the parameters %s", (text) => {
    expect(serviceIn(`:${base64}:${text}`)).toBe("pay");
  });

  test("and known by its first character", () => {
    expect(isBinaryValue(`:${base64}:;v=1`)).toBe(true);
    for (const other of ["", 'ok;id="1"', "{}", `"${base64}"`]) expect(isBinaryValue(other)).toBe(false);
  });
});

describe("a value is malformed", () => {
  const parameters = [
    "",
    ";",
    ";v",
    ";v=",
    ";v=0",
    ";v=2",
    ";v=11",
    ";v=1.0",
    ';v="1"',
    ";v=?1",
    ";v=-1",
    ";v=1;v=2",
    ";v=1;",
    ";v=1;V=1",
    ";v=1,",
    ";v=1, :AAAA:;v=1",
    ";v=1 x",
    " ;v=1",
    "v=1",
    ";w=1",
    ";a=:AAAA;v=1",
  ];
  test.each(parameters)("with the parameters %j", (text) => {
    expect(readValue(`:${base64}:${text}`, "", DEFAULT_LIMITS)).toBeUndefined();
  });

  test.each(["", ":", ":;v=1", "::;v=1", `:${base64}`, `:${base64};v=1`, ":=:;v=1", ":====:;v=1"])(
    "as %j",
    (value) => {
      expect(readValue(value, "", DEFAULT_LIMITS)).toBeUndefined();
    },
  );

  test("with any character that is not of base64 anywhere, or one too many or too few", () => {
    for (const name of NAMES) {
      const whole = base64Of(name);
      for (const wrong of ["-", "_", " ", "\t", "\n", "=", ".", "\u00c1", "\u0141", "\ud83d"]) {
        for (let at = 0; at <= whole.length; at++) {
          const added = whole.slice(0, at) + wrong + whole.slice(at);
          const instead = whole.slice(0, at) + wrong + whole.slice(at + 1);
          for (const text of [added, instead])
            if (text !== whole) expect(readValue(`:${text}:;v=1`, "", DEFAULT_LIMITS)).toBeUndefined();
        }
      }
      for (let end = 0; end < whole.length - 1; end++) {
        const cut = whole.slice(0, end);
        if (whole.replaceAll("=", "").length > end)
          expect(readValue(`:${cut}:;v=1`, "", DEFAULT_LIMITS)).toBeUndefined();
      }
    }
  });

  test("without a throw, whatever it is", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String().map((text) => `:${text}:;v=1`),
      fc.tuple(fc.base64String(), fc.string()).map(([text, tail]) => `:${text}:${tail}`),
      fc.string({ unit: "binary" }).map((text) => `:${text}:;v=1`),
    );
    fc.assert(
      fc.property(anything, (value) => void readValue(value, "", DEFAULT_LIMITS)),
      { numRuns: 2000 },
    );
  });
});

test("a value is written in as much room as it takes: four characters for three bytes, and six around", () => {
  const values = new ValueWriter(DEFAULT_LIMITS);
  for (const service of NAMES) {
    const tree: ErrorTree = {
      traceId: "",
      root: { service, operation: "", code: "ok", count: 1, children: [] },
      omitted: 0,
    };
    const [value, stored] = [base64Of, storedOf].map((base64) => `:${base64(service)}:;v=1`) as [
      string,
      string,
    ];
    expect(values.write(tree, undefined, stored.length)).toBe(stored);
    expect(values.write(tree, undefined, stored.length + 3)).toBe(stored);
    for (let room = value.length; room < stored.length; room++)
      expect(values.write(tree, undefined, room)).toBe(value);
    for (let room = 0; room < Math.min(value.length, stored.length); room++)
      expect(values.write(tree, undefined, room)).toBeUndefined();
    expect(values.write(tree, ID, value.length)).toBeUndefined();
  }
});
