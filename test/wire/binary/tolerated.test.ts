// What a reader takes for no harm: what a later writer may add, and what another writer may do in its own way.
import { describe, expect, test } from "vitest";
import { readBinary } from "../../../src/wire/binary/from-binary.ts";
import { DEFAULT_LIMITS } from "../../../src/wire/limits.ts";
import { ErrorTreeSchema } from "../../support/wire/generated/error-tree_pb.ts";
import { fine, read, text, two } from "../../support/wire/two-nodes.ts";
import { bytesField, fixedField, numberField, packedField, tag } from "../../support/wire/wire-bytes.ts";

describe("no harm is", () => {
  const root = read(fine)?.root;
  expect(root).toBeDefined();

  test("a known field of another wire type", () => {
    for (const { number, localName } of ErrorTreeSchema.fields) {
      const others = [fixedField(number, 1), fixedField(number, 5)];
      if (localName === "omitted") others.push(bytesField(number, "x"));
      if (localName === "id" || localName === "text") others.push(numberField(number, 1));
      for (const other of others) {
        expect(read(other, fine)).toStrictEqual({ omitted: 0, root });
        expect(read(fine, other)).toStrictEqual({ omitted: 0, root });
      }
    }
  });

  test("an unknown field of the same number but for a high bit", () => {
    for (const { number } of ErrorTreeSchema.fields) {
      for (const unknown of [numberField(number + 2 ** 20, 99), bytesField(number + 2 ** 28, "xyz")])
        expect(read(unknown, fine)).toStrictEqual({ omitted: 0, root });
    }
  });

  test("a column of a later writer, with strings of its own, as the causes of an error would be", () => {
    const NEXT = Math.max(...ErrorTreeSchema.fields.map(({ number }) => number)) + 1;
    const later = [
      bytesField("text", "abccause of itcause of that"),
      packedField("lengths", [1, 1, 1, 11, 13]),
      two,
      packedField("messages", [3, 0]),
      // One node passed over, two causes.
      packedField(NEXT, [1, 2, 4, 5]),
      // The same as messages of their own, as another writer may have it.
      bytesField(NEXT + 1, bytesField(1, "cause of it")),
      bytesField(NEXT + 1, bytesField(1, "cause of that")),
    ];
    for (const parts of [later, later.toReversed()]) {
      expect(read(...parts)).toStrictEqual({ omitted: 0, root: { ...root, message: "c" } });
    }
  });

  test("the last of several ids and numbers counts", () => {
    const id = Buffer.from("00f067aa0ba902b7", "hex");
    const twice = [
      bytesField("id", new Uint8Array(8)),
      numberField("omitted", 5),
      bytesField("id", id),
      numberField("omitted", 7),
    ];
    expect(read(fine, ...twice)).toStrictEqual({ id: "00f067aa0ba902b7", omitted: 7, root });
  });

  test("a number in more bytes than it needs", () => {
    const long = Uint8Array.of(0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0);
    const columns = [packedField("services", [1, 2]), packedField("outcomes", [13, 14])];
    expect(read(text, tag("children", 0), long, ...columns)).toStrictEqual({ omitted: 0, root });
    expect(read(fine, tag("omitted", 0), long)).toStrictEqual({ omitted: 1, root });
  });

  test("a string that nobody names, and one of no characters", () => {
    const lengths = packedField("lengths", [1, 0, 2, 0]);
    const columns = [
      packedField("services", [1]),
      packedField("outcomes", [13]),
      packedField("messages", [2]),
    ];
    const rare = [
      packedField("at", [0, 2]),
      packedField("errorTypes", [4]),
      packedField("frames", [0, 2, 4, 3]),
    ];
    expect(read(bytesField("text", "abc"), lengths, ...columns, ...rare)?.root).toStrictEqual({
      service: "a",
      operation: "",
      code: "internal",
      count: 1,
      frames: ["", "bc"],
      children: [],
    });
    expect(read(packedField("lengths", [0, 0]), packedField("services", [2]))?.root.service).toBe("");
  });

  test("a rare property that says nothing", () => {
    const groups = [
      packedField("at", [0, 0]),
      packedField("peers", [1, 0]),
      packedField("frames", [0, 0, 0, 0]),
      packedField("counts", [1, 1]),
    ];
    expect(read(fine, ...groups)).toStrictEqual({ omitted: 0, root });
  });

  test("the operation that the caller knows, for the root alone", () => {
    const bytes = Buffer.from(fine);
    const answer = readBinary(bytes, bytes.length, "GET /", DEFAULT_LIMITS);
    expect(answer?.root.operation).toBe("GET /");
    expect(answer?.root.children[0]?.operation).toBe("");
    const named = Buffer.concat([bytes, packedField("operations", [3])]);
    expect(readBinary(named, named.length, "GET /", DEFAULT_LIMITS)?.root.operation).toBe("c");
  });
});
