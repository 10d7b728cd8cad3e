// What caused an error: bounded, each once, whatever a program throws.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactText } from "../../src/redact/text.ts";
import { causesIn, causesOf, partsOfCause } from "../../src/spans/causes.ts";
import { errorFacts } from "../../src/spans/error-facts.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:7070"), { code: "ECONNREFUSED" });

describe("the causes of an error", () => {
  test("stand in their order, with their types", () => {
    const error = new Error("no payment", { cause: new TypeError("fetch failed", { cause: refused }) });
    expect(causesOf(error)).toEqual([
      "TypeError: fetch failed",
      "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:7070",
    ]);
  });

  test("are the errors of an AggregateError, each followed by its own causes", () => {
    const first = new Error("bank a", { cause: refused });
    expect(causesOf(new AggregateError([first, new RangeError("bank b")], "none"))).toEqual([
      "Error: bank a",
      "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:7070",
      "RangeError: bank b",
    ]);
  });

  test("a cycle ends, and an error that is there twice stands once", () => {
    const error = new Error("a");
    const other = new Error("b", { cause: error });
    error.cause = other;
    expect(causesOf(error)).toEqual(["Error: b"]);
    expect(causesOf(new AggregateError([refused, refused]))).toHaveLength(1);
  });

  test("are bounded in number and in text", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => new Error(`${i}`));
    expect(causesOf(new AggregateError(many))).toHaveLength(8);
    const long = Array.from({ length: 10 }, (_, i) => new Error(`${i}${"x".repeat(1e6)}`));
    expect(causesOf(new AggregateError(long)).join("").length).toBeLessThanOrEqual(2_048);
    let deep = new Error("deepest");
    for (let i = 0; i < 100_000; i++) deep = new Error("", { cause: deep });
    expect(causesOf(deep)).toEqual(["Error"]);
  });

  test.each([
    ["a text", "no room", ["no room"]],
    ["a number", 7, ["7"]],
    ["null", null, []],
    ["an object that is no error", { order: 7 }, []],
    ["a function", () => {}, []],
    ["a symbol", Symbol("no"), []],
    ["an error of another realm", { name: "RangeError", message: "far away" }, ["RangeError: far away"]],
  ])("may be %s", (_, cause, told) => {
    expect(causesOf(new Error("a", { cause }))).toEqual(told);
  });

  test("nothing that a program throws makes us throw", () => {
    const angry = new Proxy(new Error("a"), {
      get() {
        throw new Error("get");
      },
      getPrototypeOf() {
        throw new Error("prototype");
      },
    });
    const odd = [
      angry,
      new Error("b", { cause: angry }),
      new AggregateError([angry]),
      Object.freeze(refused),
    ];
    for (const error of odd) {
      expect(errorFacts(error)).toHaveProperty("type");
      expect(causesOf(error)).toBeInstanceOf(Array);
    }
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (error, cause) => {
        const { type, message, causes = [] } = errorFacts({ message: "x", cause, errors: [error] });
        expect([typeof type, typeof message]).toEqual(["string", "string"]);
        expect(causes.length).toBeLessThanOrEqual(8);
        expect(typeof errorFacts(error).message).toBe("string");
      }),
    );
  });
});

test.each([
  ["a password of a URL", "postgres://app:hunter2hunter2@db/shop"],
  ["quoted input that is not closed", `Cast to string failed for value "hunter2 ${"and more ".repeat(60)}"`],
  ["a value in quotes", `password="two words, hunter2 ${"and more ".repeat(60)}"`],
  ["a password with marks", "postgres://app:hunter2;hunter2(hunter2)@db/shop"],
  ["a card", "4111 1111 1111 1111"],
  ["a message of one word", `hunter2:${"x".repeat(600)}@db`],
])("where a long cause is cut, %s is not left in half", (_, secret) => {
  for (let words = 0; words <= 256; words += 5) {
    const text = `${"x ".repeat(words)}${secret} ${"x ".repeat(256)}`;
    const cause = new Error(text);
    const told = [
      causesOf(new Error("a", { cause })),
      causesOf(new Error("a", { cause: text })),
      causesOf(new Error("a", { cause: { code: 14, message: text } })),
      causesIn([text]) ?? [],
    ];
    for (const [one = ""] of told) {
      expect(one.length).toBeLessThanOrEqual(512);
      expect(redactText(one)).not.toMatch(/hunter|4111/);
    }
    const [dense = ""] = causesIn([text.replaceAll("x ", "x,")]) ?? [];
    expect(redactText(dense)).not.toMatch(/hunter|4111/);
  }
});

test("a long cause keeps its type and its first words", () => {
  const [told = ""] = causesOf(new Error("a", { cause: new TypeError("some words ".repeat(100)) }));
  expect(told).toMatch(/^TypeError: some words .* some …$/);
  const [word] = causesOf(new Error("a", { cause: new TypeError("x".repeat(1000)) }));
  expect(word).toBe("TypeError: …");
});

test.each([
  ["JSON without spaces", `502 {"errors":[${'{"code":17,"text":"full"},'.repeat(40)}]}`],
  ["a list of numbers", "17 ".repeat(400)],
  ["words without spaces", "注文を保存できませんでした。".repeat(80)],
])("a long cause keeps most of its text: %s", (_, message) => {
  const [told = ""] = causesOf(new Error("a", { cause: new TypeError(message) }));
  expect(told.length).toBeGreaterThan(450);
  expect(`TypeError: ${message}`.startsWith(told.slice(0, -2))).toBe(true);
  expect(causesIn([told])).toEqual([told]);
});

test("long causes that differ only behind the cut are told both", () => {
  const errors = ["a", "a", "b"].map((end) => new Error("some words ".repeat(50) + end));
  expect(causesOf(new AggregateError(errors))).toHaveLength(2);
});

test("a thrown object that is no Error is told by its message", () => {
  expect(
    errorFacts({ name: "HttpError", message: "no", stack: "HttpError: no\n    at a (a.js:1:1)" }),
  ).toMatchObject({
    type: "HttpError",
    message: "no",
    stack: "HttpError: no\n    at a (a.js:1:1)",
  });
});

test("the attribute is read as a list, and as the JSON that some backends make of it", () => {
  expect(causesIn(["Error: a", 7, ""])).toEqual(["Error: a"]);
  expect(causesIn('["Error: a"]')).toEqual(["Error: a"]);
  for (const wrong of ["[", "x", 7, null, undefined, [], "[7]"]) expect(causesIn(wrong)).toBeUndefined();
});

test("a cause is told apart into type and message", () => {
  expect(partsOfCause("ECONNRESET: read ECONNRESET")).toEqual({
    type: "ECONNRESET",
    message: "read ECONNRESET",
  });
  expect(partsOfCause("ECONNRESET")).toEqual({ type: "ECONNRESET", message: "" });
  expect(partsOfCause("no room: full")).toEqual({ type: undefined, message: "no room: full" });
});
