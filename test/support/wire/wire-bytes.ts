// Writes protobuf by hand, byte by byte: what no library would write, too.
import { ErrorTreeSchema } from "./generated/error-tree_pb.ts";

/** A field of the message by its name, or any by its number. */
export type Field = keyof typeof ErrorTreeSchema.field | number;

/** A number in groups of seven bits; up to 2^64. */
export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** What stands before the content of a field. */
export function tag(field: Field, wireType: number): Uint8Array {
  const number = typeof field === "number" ? field : ErrorTreeSchema.field[field].number;
  return varint(number * 8 + wireType);
}

/** A field with one number. */
export function numberField(field: Field, value: number | bigint): Uint8Array {
  return join(tag(field, 0), varint(value));
}

/** A field of bytes. */
export function bytesField(field: Field, bytes: Uint8Array | string): Uint8Array {
  const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return join(tag(field, 2), varint(content.length), content);
}

/** A field with a packed list of numbers. */
export function packedField(field: Field, values: readonly (number | bigint)[]): Uint8Array {
  return bytesField(field, join(...values.map(varint)));
}

/** A field whose number says nothing about its length: `wireType` 1 with eight bytes, 5 with four, 3 and 4 with none. */
export function fixedField(field: Field, wireType: 1 | 3 | 4 | 5): Uint8Array {
  const bytes = wireType === 1 ? 8 : wireType === 5 ? 4 : 0;
  return join(tag(field, wireType), new Uint8Array(bytes).fill(0xa5));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
