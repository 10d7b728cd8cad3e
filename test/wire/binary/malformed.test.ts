// What makes a tree in binary malformed, and what does not; every case differs from a tree that is read in one thing.
import { describe, expect, test } from "vitest";
import { fine, read, text, two } from "../../support/wire/two-nodes.ts";
import {
  bytesField,
  type Field,
  fixedField,
  join,
  numberField,
  packedField,
  tag,
  varint,
} from "../../support/wire/wire-bytes.ts";

const MOST = 999_999_999_999_999;
function ones(count: number): number[] {
  return new Array(count).fill(1);
}

test("the tree that the cases differ from is read", () => {
  expect(read(fine)).toStrictEqual({
    omitted: 0,
    root: {
      service: "a",
      operation: "",
      code: "internal",
      count: 1,
      children: [{ service: "b", operation: "", code: "unavailable", count: 1, children: [] }],
    },
  });
});

describe("malformed is", () => {
  const nothing = new Uint8Array();
  const wire: [string, Uint8Array][] = [
    ["nothing at all", nothing],
    ["a field without a number", join(fine, numberField(0, 1))],
    ["the tag of a field past the largest one", join(fine, varint(2n ** 32n), varint(1))],
    ["a tag that is cut short", join(fine, Uint8Array.of(0x80))],
    ["a number that is not there", join(fine, tag("omitted", 0))],
    ["a number that is cut short", join(fine, tag("omitted", 0), Uint8Array.of(0xff))],
    ["a number of eleven bytes", join(fine, tag("omitted", 0), new Uint8Array(10).fill(0x80), varint(0))],
    ["a number of an unknown field that is cut short", join(fine, tag(19, 0), Uint8Array.of(0x80))],
    ["bytes that are not all there", join(fine, tag(19, 2), varint(3), Uint8Array.of(1, 2))],
    ["bytes without a length", join(fine, tag(19, 2))],
    ["bytes of a length past all bounds", join(fine, tag(19, 2), varint(2n ** 63n))],
    [
      "text that is not all there",
      join(two, packedField("lengths", [1, 1, 1]), tag("text", 2), varint(4), Buffer.from("abc")),
    ],
    ["an id that is not all there", join(fine, tag("id", 2), varint(8), Uint8Array.of(1, 2, 3))],
    [
      "text that is not all there, of strings that are longer",
      join(two, packedField("lengths", [1, 1, 2]), tag("text", 2), varint(4), Buffer.from("abc")),
    ],
    ["a list that is not all there", join(fine, tag("kinds", 2), varint(2), varint(1))],
    ["eight bytes that are not all there", join(fine, fixedField(19, 1).slice(0, -1))],
    ["four bytes that are not all there", join(fine, fixedField(19, 5).slice(0, -1))],
    ["the beginning of a group", join(fine, fixedField(19, 3))],
    ["the end of a group", join(fine, fixedField(19, 4))],
    ["a whole group", join(fine, fixedField(19, 3), fixedField(19, 4))],
    ["wire type 6", join(fine, tag(19, 6))],
    ["wire type 7", join(fine, tag(19, 7))],
    [
      "a number that reaches beyond its list",
      join(fine, bytesField("kinds", Uint8Array.of(1, 0x80)), Uint8Array.of(1)),
    ],
  ];
  test.each(wire)("%s", (_, bytes) => {
    expect(read(bytes)).toBeUndefined();
  });

  const head: [string, Uint8Array][] = [
    ["an empty id", join(bytesField("id", ""), fine)],
    ["an id of 7 bytes", join(bytesField("id", new Uint8Array(7)), fine)],
    ["an id of 9 bytes", join(bytesField("id", new Uint8Array(9)), fine)],
    [
      "an id of 7 bytes before one of 8",
      join(bytesField("id", new Uint8Array(7)), bytesField("id", new Uint8Array(8)), fine),
    ],
    ["more left out than can be counted", join(numberField("omitted", MOST + 1), fine)],
    ["as much left out as 64 bits can say", join(numberField("omitted", 2n ** 64n - 1n), fine)],
  ];
  test.each(head)("%s", (_, bytes) => {
    expect(read(bytes)).toBeUndefined();
  });

  const lengths = (...values: number[]): Uint8Array => packedField("lengths", values);
  const texts: [string, Uint8Array][] = [
    ["no text for the lengths", join(lengths(1, 1, 1), two)],
    ["no lengths for the text", join(bytesField("text", "abc"), two)],
    ["text that is longer than the lengths say", join(bytesField("text", "abcd"), lengths(1, 1, 1), two)],
    ["text that is shorter than the lengths say", join(bytesField("text", "ab"), lengths(1, 1, 1), two)],
    [
      "a length past all bounds",
      join(bytesField("text", "abc"), packedField("lengths", [1, 2n ** 64n - 1n]), two),
    ],
    [
      "text that is not UTF-8",
      join(bytesField("text", Uint8Array.of(0x61, 0xff, 0x62)), lengths(1, 1, 1), two),
    ],
    [
      "half of a surrogate pair in UTF-8",
      join(bytesField("text", Uint8Array.of(0xed, 0xa0, 0xbd)), lengths(3), two),
    ],
    ["a character cut in two", join(bytesField("text", "aé"), lengths(1, 1, 1), two)],
  ];
  test.each(texts)("%s", (_, bytes) => {
    expect(read(bytes)).toBeUndefined();
  });

  const nodes: [string, Uint8Array][] = [
    ["a tree without services", join(text, packedField("outcomes", [13]))],
    ["fewer services than nodes", join(text, packedField("children", [1]), packedField("services", [1]))],
    ["more services than nodes", join(fine, numberField("services", 1))],
    ["more numbers of children than nodes", join(fine, packedField("children", [0, 0]))],
    ["more operations than nodes", join(fine, packedField("operations", [1, 1, 0]))],
    ["more outcomes than nodes", join(fine, numberField("outcomes", 0))],
    ["more messages than nodes", join(fine, packedField("messages", [0, 0, 0]))],
    ["more error types than nodes", join(fine, packedField("errorTypes", [0, 0, 0]))],
    ["more kinds than nodes", join(fine, packedField("kinds", [0, 0, 0]))],
    [
      "a node without a parent",
      join(text, packedField("children", [0, 1]), packedField("services", [1, 1, 1])),
    ],
    [
      "a node behind the last child",
      join(text, packedField("children", [1, 0, 1]), packedField("services", ones(3))),
    ],
    [
      "children past all bounds",
      join(text, packedField("children", [2n ** 64n - 1n]), packedField("services", ones(3))),
    ],
    ["a service that is not in the table", join(text, packedField("services", [4]))],
    ["a service past all bounds", join(text, packedField("services", [2n ** 64n - 1n]))],
    ["an operation that is not in the table", join(fine, packedField("operations", [4]))],
    ["a message that is not in the table", join(fine, packedField("messages", [0, 4]))],
    ["an error type that is not in the table", join(fine, packedField("errorTypes", [0, 4]))],
    ["code 17", join(text, packedField("services", [1]), packedField("outcomes", [17]))],
    ["code 31", join(text, packedField("services", [1]), packedField("outcomes", [31 + 32]))],
    ["an outcome past 32 bits", join(text, packedField("services", [1]), packedField("outcomes", [2 ** 32]))],
  ];
  test.each(nodes)("%s", (_, bytes) => {
    expect(read(bytes)).toBeUndefined();
  });

  const strings: [string, Field][] = [
    ["inner operations", "at"],
    ["peers", "peers"],
  ];
  test.each(strings)("among %s: a group cut short, one of no node, one of no string", (_, field) => {
    expect(read(fine, packedField(field, [1, 1]))).toBeDefined();
    for (const column of [
      [0],
      [0, 1, 0],
      [2, 1],
      [0, 1, 1, 1],
      [2n ** 64n - 1n, 1],
      [0, 4],
      [0, 2n ** 64n - 1n],
    ])
      expect(read(fine, packedField(field, column))).toBeUndefined();
  });

  test.each<[string, Field]>([
    ["counts", "counts"],
    ["hops", "hops"],
  ])("among %s: a group cut short, one of no node, one of nothing, one past 15 digits", (_, field) => {
    expect(read(fine, packedField(field, [0, 1, 0, MOST]))).toBeDefined();
    for (const column of [[0], [0, 2, 0], [2, 2], [0, 2, 1, 2], [0, 0], [0, MOST + 1], [0, 2n ** 64n - 1n]])
      expect(read(fine, packedField(field, column))).toBeUndefined();
  });

  test.each([
    ["with kinds", packedField("kinds", [1, 2])],
    ["without kinds", nothing],
  ])("among times %s: a group cut short, one of no node, one past 15 digits", (_, kinds) => {
    expect(read(fine, kinds, packedField("times", [0, 0, MOST, 0, MOST, 0]))).toBeDefined();
    for (const column of [
      [0],
      [0, 1],
      [0, 1, 1, 0],
      [0, 1, 1, 0, 1],
      [2, 1, 1],
      [0, MOST + 1, 1],
      [0, 1, MOST + 1],
    ])
      expect(read(fine, kinds, packedField("times", column))).toBeUndefined();
  });

  test("among frames: a group cut short, one of no node, one of no string", () => {
    expect(read(fine, packedField("frames", [0, 1, 1, 0, 2, 1, 3]))).toBeDefined();
    for (const column of [[0], [0, 1], [0, 2, 1], [2, 1, 1], [0, 1, 1, 0], [0, 1, 4], [0, 2n ** 64n - 1n, 1]])
      expect(read(fine, packedField("frames", column))).toBeUndefined();
    expect(read(fine, packedField("frames", [2n ** 64n - 1n, 1, 1]))).toBeUndefined();
  });
});
