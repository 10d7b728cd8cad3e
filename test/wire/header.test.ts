// The grammar of the ask and of the minimal answer.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CODES, type Code } from "../../src/spans/code.ts";
import {
  askSuffix,
  formatAsk,
  formatMinimal,
  HEADER_NAME,
  idOfAsk,
  type MinimalAnswer,
  parseAsk,
  parseMinimal,
} from "../../src/wire/header.ts";
import type { Ask } from "../../src/wire/messages.ts";

const ID = "00f067aa0ba902b7";

const spanIds = fc.string({ minLength: 16, maxLength: 16, unit: fc.constantFrom(..."0123456789abcdef") });
const printable = fc.string({ maxLength: 40, unit: "grapheme-ascii" });
/** Text that comes close to the grammar, which random bytes hardly do. */
const nearly = fc
  .array(
    fc.constantFrom(
      "v=1",
      `id="${ID}"`,
      "from=",
      '"',
      "\\",
      ",",
      ", ",
      ";",
      "=",
      " ",
      "ok",
      "e",
      "o=5",
      "(",
      ")",
      ":",
      "?1",
      "@",
      "%",
      "k",
      "f=json",
      "-",
      ".",
      "12",
      "{",
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));

test("both directions share one field name", () => {
  expect(HEADER_NAME).toBe("x-error-tree");
});

describe("ask", () => {
  const understood: [string, string, Ask][] = [
    ["the canonical form", `v=1, id="${ID}", from="checkout"`, { id: ID, from: "checkout", json: false }],
    ["no space after the comma", `v=1,id="${ID}"`, { id: ID, json: false }],
    ["tabs around the comma", `v=1\t,\tid="${ID}"`, { id: ID, json: false }],
    ["spaces around the whole", `  v=1, id="${ID}"  `, { id: ID, json: false }],
    ["another order of members", `from="a", id="${ID}", v=1`, { id: ID, from: "a", json: false }],
    ["JSON for a person, without an id", "v=1, f=json", { json: true }],
    ["JSON for a service", `v=1, id="${ID}", f=json`, { id: ID, json: true }],
    ["another format that is not known", `v=1, id="${ID}", f=cbor`, { id: ID, json: false }],
    [
      "a key and its token",
      `v=1, id="${ID}", k="k1:c2VjcmV0+/="`,
      { id: ID, key: "k1:c2VjcmV0+/=", json: false },
    ],
    [
      "a key as our own ask has it",
      `v=1, id="${ID}", from="checkout", k="k1:Ab3_-x"`,
      { id: ID, from: "checkout", key: "k1:Ab3_-x", json: false },
    ],
    [
      "a key with a parameter behind it",
      `v=1, id="${ID}", from="checkout", k="k1:x";q`,
      { id: ID, from: "checkout", key: "k1:x", json: false },
    ],
    [
      "escapes in a key",
      `v=1, id="${ID}", from="checkout", k="a\\"b\\\\"`,
      { id: ID, from: "checkout", key: 'a"b\\', json: false },
    ],
    ["an empty key", `v=1, id="${ID}", from="a", k=""`, { id: ID, from: "a", key: "", json: false }],
    [
      "the last of two keys",
      `v=1, id="${ID}", from="a", k="a:b", k="c:d"`,
      { id: ID, from: "a", key: "c:d", json: false },
    ],
    ["escapes in a string", `v=1, id="${ID}", from="a\\"b\\\\c"`, { id: ID, from: 'a"b\\c', json: false }],
    ["an empty name", `v=1, id="${ID}", from=""`, { id: ID, from: "", json: false }],
    ["the last of two equal keys", `v=2, id="${ID}", v=1`, { id: ID, json: false }],
    ["parameters of members", `v=1;a;b=2;c="x;y,z", id="${ID}";q=?0;r=:YQ==:`, { id: ID, json: false }],
    [
      "unknown members of every kind",
      `v=1, id="${ID}", a, b=-1.5, c=tok/en:x, d=?0, e=:YQ==:, g=@-17, h=%"%c3%bc", i=(1 "a, b";q x);p`,
      { id: ID, json: false },
    ],
    ["an empty inner list", `v=1, x=( ), id="${ID}"`, { id: ID, json: false }],
    ["a key with every allowed character", `v=1, *a_-.*9=1, id="${ID}"`, { id: ID, json: false }],
  ];
  test.each(understood)("%s is understood", (_, value, ask) => {
    expect(parseAsk(value)).toStrictEqual(ask);
  });

  const refused: [string, string][] = [
    ["the empty value", ""],
    ["no version", `id="${ID}"`],
    ["another version", `v=2, id="${ID}"`],
    ["a version that is a decimal", `v=1.0, id="${ID}"`],
    ["a version that is a string", `v="1", id="${ID}"`],
    ["a version without a value", `v, id="${ID}"`],
    ["no id and no JSON", 'v=1, from="checkout"'],
    ["an id that is too short", 'v=1, id="00f067aa0ba902b"'],
    ["an id that is too long", `v=1, id="${ID}0"`],
    ["an id in upper case", 'v=1, id="00F067AA0BA902B7"'],
    ["an id that is a token", "v=1, id=a0f067aa0ba902b7"],
    ["a bad id even for JSON", 'v=1, id="x", f=json'],
    ["a name that is a token", `v=1, id="${ID}", from=checkout`],
    ["a format that is a string", `v=1, id="${ID}", f="json"`],
    ["a key that is a token", `v=1, id="${ID}", k=a:b`],
    ["an open key", `v=1, id="${ID}", from="a", k="a:b`],
    ["a key past ASCII", `v=1, id="${ID}", from="a", k="ä:b"`],
    ["a key with a control character", `v=1, id="${ID}", from="a", k="a:\u0000"`],
    ["text behind a key", `v=1, id="${ID}", from="a", k="a:b"x`],
    ["a comma at the end", `v=1, id="${ID}",`],
    ["a comma at the start", `, v=1, id="${ID}"`],
    ["two commas", `v=1,, id="${ID}"`],
    ["no comma", `v=1 id="${ID}"`],
    ["an open string", `v=1, id="${ID}", from="chec`],
    ["an escape of another character", `v=1, id="${ID}", from="a\\n"`],
    ["a control character in a string", `v=1, id="${ID}", from="a\tb"`],
    ["a character past ASCII in a string", `v=1, id="${ID}", from="ü"`],
    ["a key in upper case", `V=1, id="${ID}"`],
    ["a value that is missing", `v=1, id="${ID}", x=`],
    ["an open inner list", `v=1, id="${ID}", x=(1 2`],
    ["an inner list without spaces", `v=1, id="${ID}", x=("a""b")`],
    ["an inner list in an inner list", `v=1, id="${ID}", x=((1))`],
    ["a parameter without a key", `v=1;, id="${ID}"`],
    ["an integer of 16 digits", `v=1, id="${ID}", x=1234567890123456`],
    ["a sign without digits", `v=1, id="${ID}", x=-`],
    ["a decimal without a fraction", `v=1, id="${ID}", x=1.`],
    ["a decimal of four places", `v=1, id="${ID}", x=1.2345`],
    ["a boolean that is neither", `v=1, id="${ID}", x=?2`],
    ["open bytes", `v=1, id="${ID}", x=:YQ`],
    ["a date with a fraction", `v=1, id="${ID}", x=@1.5`],
    ["a display string with a bad escape", `v=1, id="${ID}", x=%"%C3"`],
    ["a value of more than 512 characters", `v=1, id="${ID}", x="${"a".repeat(500)}"`],
  ];
  test.each(refused)("%s is no ask", (_, value) => {
    expect(parseAsk(value)).toBeUndefined();
  });

  test("what is formatted is understood, whatever the caller's name", () => {
    fc.assert(
      fc.property(spanIds, fc.string({ unit: "binary", maxLength: 100 }), fc.boolean(), (id, from, json) => {
        const value = formatAsk(id, askSuffix(from, "k1:token", json));
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        const ask = parseAsk(value);
        expect(ask).toMatchObject({ id, json, key: "k1:token" });
        expect(ask?.from?.length).toBeLessThanOrEqual(64);
      }),
    );
  });

  test("a printable name comes back as it was", () => {
    fc.assert(
      fc.property(
        printable.filter((name) => name.length <= 30),
        (from) => {
          expect(parseAsk(formatAsk(ID, askSuffix(from)))).toStrictEqual({ id: ID, from, json: false });
        },
      ),
    );
  });

  test("an ask with a key comes back as it was", () => {
    const keys = printable.filter((key) => key.length <= 100);
    fc.assert(
      fc.property(keys, (key) => {
        const ask = parseAsk(formatAsk(ID, askSuffix("checkout", key)));
        expect(ask).toStrictEqual({ id: ID, from: "checkout", key, json: false });
      }),
    );
  });

  test("the canonical ask is what the design shows", () => {
    expect(formatAsk(ID, askSuffix("checkout"))).toBe(`v=1, id="${ID}", from="checkout"`);
  });

  test("our own ask gives its id back, anything else none", () => {
    expect(idOfAsk(formatAsk(ID, askSuffix("checkout")))).toBe(ID);
    for (const value of [undefined, 1, [formatAsk(ID, "")], "", `id="${ID}", v=1`])
      expect(idOfAsk(value)).toBeUndefined();
  });

  test("a long name is cut without tearing an escape", () => {
    const value = formatAsk(ID, askSuffix('"'.repeat(100)));
    expect(parseAsk(value)?.from).toBe('"'.repeat(32));
  });

  test("a name from a peer is kept to 64 characters", () => {
    expect(parseAsk(`v=1, id="${ID}", from="${"a".repeat(400)}"`)?.from).toBe("a".repeat(64));
  });

  test("no text makes the parser throw", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), nearly), (value) => void parseAsk(value)));
  });
});

describe("minimal answer", () => {
  const plain: MinimalAnswer = {
    code: "ok",
    id: ID,
    service: "payment",
    exported: false,
    omitted: 0,
    mixed: false,
  };

  const forms: [string, Partial<MinimalAnswer>, string][] = [
    ["nothing failed", {}, `ok;id="${ID}";s="payment"`],
    ["handled failures beneath", { omitted: 5 }, `ok;id="${ID}";s="payment";o=5`],
    ["a failure by itself", { code: "not-found" }, `not-found;id="${ID}";s="payment"`],
    [
      "a failure with all parameters",
      { code: "permission-denied", service: "b", exported: true, omitted: 123, mixed: true },
      `permission-denied;id="${ID}";s="b";e;o=123;m`,
    ],
  ];
  test.each(forms)("%s has one form", (_, fields, value) => {
    const answer = { ...plain, ...fields };
    expect(formatMinimal(answer, 64)).toBe(value);
    expect(parseMinimal(value)).toStrictEqual(answer);
  });

  test("an answer to a person carries no id", () => {
    const { id: _, ...answer } = plain;
    expect(formatMinimal(answer, 64)).toBe('ok;s="payment"');
    expect(parseMinimal('ok;s="payment"')).toStrictEqual(answer);
  });

  test("it stays within 64 bytes and within its room, and only the service is ever cut", () => {
    const answers = fc.record({
      code: fc.constantFrom(...(Object.keys(CODES) as Code[])),
      id: spanIds,
      service: fc.string({ minLength: 1, maxLength: 80, unit: "binary" }),
      exported: fc.boolean(),
      omitted: fc.oneof(fc.nat(), fc.constant(999_999_999_999_999)),
      mixed: fc.boolean(),
    });
    fc.assert(
      fc.property(answers, fc.nat(80), (answer, room) => {
        const value = formatMinimal(answer, room);
        if (value === undefined) {
          expect(room).toBeLessThan(64);
          return;
        }
        expect(value.length).toBeLessThanOrEqual(Math.min(room, 64));
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        const { service: _, ...rest } = answer;
        expect(parseMinimal(value)).toMatchObject(rest);
      }),
    );
  });

  test("the longest one that there can be fits into 64 bytes without its service", () => {
    const longest: MinimalAnswer = {
      code: "failed-precondition",
      id: ID,
      service: "b",
      exported: true,
      omitted: 1e15,
      mixed: true,
    };
    expect(formatMinimal(longest, 64)).toBe(`failed-precondition;id="${ID}";e;o=999999999999999;m`);
  });

  test("without room for the code and the id there is no answer", () => {
    expect(formatMinimal(plain, 23)).toBeUndefined();
    expect(formatMinimal(plain, 24)).toBe(`ok;id="${ID}"`);
  });

  const understood: [string, string, Partial<MinimalAnswer>][] = [
    [
      "parameters in another order",
      `not-found;m;o=2;e;s="b";id="${ID}"`,
      { code: "not-found", service: "b", exported: true, omitted: 2, mixed: true },
    ],
    ["spaces before parameters", ` not-found; id="${ID}"; s="b" `, { code: "not-found", service: "b" }],
    ["unknown parameters", `ok;x=1;id="${ID}";y;z="q";w=%"%c3%bc"`, { code: "ok" }],
    ["a bit that is written out", `ok;id="${ID}";e=?0;o=1`, { code: "ok", omitted: 1 }],
    ["escapes in the service", `ok;id="${ID}";s="a\\"b\\\\"`, { code: "ok", service: 'a"b\\' }],
  ];
  test.each(understood)("%s are understood", (_, value, fields) => {
    expect(parseMinimal(value)).toStrictEqual({
      id: ID,
      exported: false,
      omitted: 0,
      mixed: false,
      ...fields,
    });
  });

  const refused: [string, string][] = [
    ["the empty value", ""],
    ["an unknown code", `broken;id="${ID}"`],
    ["a code in another spelling", `NOT_FOUND;id="${ID}"`],
    ["a code that is a string", `"ok";id="${ID}"`],
    ["the name of an object's property", `constructor;id="${ID}"`],
    ["a bad id", 'ok;id="x"'],
    ["a service that is a token", `ok;id="${ID}";s=b`],
    ["no omitted nodes at all", `ok;id="${ID}";o=0`],
    ["fewer than no nodes", `ok;id="${ID}";o=-1`],
    ["half a node", `ok;id="${ID}";o=1.5`],
    ["a number of 16 digits", `ok;id="${ID}";o=9999999999999999`],
    ["a bit that is an integer", `ok;id="${ID}";e=1`],
    ["two answers in one field", `ok;id="${ID}", ok;id="${ID}"`],
    ["text behind the item", `ok;id="${ID}" x`],
    ["bytes of a later format", ":AAEC:;v=1"],
    ["a value of more than 512 characters", `ok;id="${ID}";s="${"a".repeat(500)}"`],
  ];
  test.each(refused)("%s is no answer", (_, value) => {
    expect(parseMinimal(value)).toBeUndefined();
  });

  test("no text makes the parser throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), nearly), (value) => void parseMinimal(value)),
    );
  });
});
