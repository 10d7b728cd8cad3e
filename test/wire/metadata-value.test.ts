// Answers as bytes in metadata of gRPC.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { bytesOfValue, charsOfTree, METADATA_BYTES, valueOfBytes } from "../../src/wire/metadata-value.ts";
import { errorTrees } from "../support/arbitrary-tree.ts";

const ID = "00f067aa0ba902b7";
const codec = createAnswerCodec({ valueBytes: charsOfTree(METADATA_BYTES) });

test("a tree in its room takes no more bytes than metadata may have, and comes back as it was", () => {
  fc.assert(
    fc.property(errorTrees(), fc.integer({ min: 50, max: METADATA_BYTES }), (tree, bytes) => {
      const { service, code } = tree.root;
      const room = { treeBytes: charsOfTree(bytes), minimalBytes: 64 };
      const encoded = codec.encode({ service, code, exported: false, tree }, { id: ID, json: false }, room);
      if (encoded === undefined) return;
      const raw = bytesOfValue(encoded.value);
      expect(raw.length).toBeLessThanOrEqual(Math.max(bytes, 64));
      expect(valueOfBytes(raw)).toBe(encoded.value);
      expect(codec.decode(valueOfBytes(raw) ?? "", ID, "?")).toMatchObject({ code });
    }),
  );
});

test("a text stays a text", () => {
  const value = `ok;id="${ID}";s="payment"`;
  expect(bytesOfValue(value).toString("latin1")).toBe(value);
  expect(valueOfBytes(bytesOfValue(value))).toBe(value);
});

test("bytes of any kind never throw, neither here nor in the codec", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
      const value = valueOfBytes(bytes);
      if (bytes.length === 0 || bytes.length > METADATA_BYTES) expect(value).toBeUndefined();
      codec.decode(value ?? "", ID, "?");
    }),
  );
});
