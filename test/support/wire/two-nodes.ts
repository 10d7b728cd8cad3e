// The message of a tree of two nodes, of which the cases of a reader are made.
import { type BinaryAnswer, readBinary } from "../../../src/wire/binary/from-binary.ts";
import { DEFAULT_LIMITS } from "../../../src/wire/limits.ts";
import { bytesField, join, packedField } from "./wire-bytes.ts";

export const text: Uint8Array = join(bytesField("text", "abc"), packedField("lengths", [1, 1, 1]));
export const two: Uint8Array = join(
  packedField("children", [1]),
  packedField("services", [1, 2]),
  packedField("outcomes", [13, 14]),
);
export const fine: Uint8Array = join(text, two);

/** What is read of parts of a message. */
export function read(...parts: Uint8Array[]): BinaryAnswer | undefined {
  const bytes = Buffer.concat(parts);
  return readBinary(bytes, bytes.length, "", DEFAULT_LIMITS);
}
