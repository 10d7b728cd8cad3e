// Writes one message in any of the ways in which protobuf may have it, through the writer of a protobuf library.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Random } from "../random.ts";
import { type ErrorTree, ErrorTreeSchema } from "./generated/error-tree_pb.ts";

/** Numbers of fields that may come some day: the next ones, with tags of one to five bytes. */
const UNKNOWN_FIELDS = [19, 23, 100, 2047, 2048, 262_144, 536_870_911];
const LARGEST = 2n ** 64n - 1n;

/**
 * The fields in any order and in between such that nobody knows; columns in several pieces, packed or not; numbers and
 * bytes more than once, of which the last one counts.
 */
export function scatter(message: ErrorTree, random: Random): Uint8Array {
  const queues = ErrorTreeSchema.fields.map((field): Uint8Array[] => {
    const value = message[field.localName as "lengths" | "id" | "omitted"];
    if (Array.isArray(value)) return columnPieces(field.number, value, random);
    const pieces = isSaid(value) ? [scalar(field.number, value)] : [];
    if (pieces.length > 0 && random.below(4) === 0) pieces.unshift(scalar(field.number, otherThan(value)));
    return pieces;
  });
  queues.push(Array.from({ length: random.below(5) }, () => unknownField(random)));
  const out: Uint8Array[] = [];
  for (let left = queues.filter(isFull); left.length > 0; left = left.filter(isFull)) {
    out.push(random.pick(left).shift() as Uint8Array);
  }
  return Uint8Array.from(Buffer.concat(out));
}

function isFull(queue: readonly Uint8Array[]): boolean {
  return queue.length > 0;
}

function isSaid(value: Uint8Array | bigint | number): boolean {
  return value instanceof Uint8Array ? value.length > 0 : Number(value) !== 0;
}

function otherThan(value: Uint8Array | bigint | number): Uint8Array | bigint {
  return value instanceof Uint8Array ? value.map((byte) => byte ^ 0xff) : BigInt(value) + 1n;
}

function scalar(field: number, value: Uint8Array | bigint | number): Uint8Array {
  const writer = new BinaryWriter();
  if (value instanceof Uint8Array) writer.tag(field, WireType.LengthDelimited).bytes(value);
  else writer.tag(field, WireType.Varint).uint64(value);
  return writer.finish();
}

function columnPieces(
  field: number,
  values: readonly (number | bigint)[],
  random: Random,
): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < values.length; ) {
    const writer = new BinaryWriter();
    if (random.below(2) === 0) {
      writer.tag(field, WireType.Varint).uint64(values[at++] as number);
    } else {
      const end = Math.min(values.length, at + random.below(random.pick([2, 10, 1000])));
      writer.tag(field, WireType.LengthDelimited).fork();
      for (; at < end; at++) writer.uint64(values[at] as number);
      writer.join();
    }
    pieces.push(writer.finish());
  }
  return pieces;
}

function unknownField(random: Random): Uint8Array {
  const writer = new BinaryWriter();
  const field = random.pick(UNKNOWN_FIELDS);
  const wireType = random.pick([
    WireType.Varint,
    WireType.Bit64,
    WireType.LengthDelimited,
    WireType.Bit32,
  ] as const);
  writer.tag(field, wireType);
  if (wireType === WireType.Varint) writer.uint64(random.pick([0n, 1n, 300n, LARGEST]));
  else if (wireType === WireType.Bit64) writer.fixed64(LARGEST);
  else if (wireType === WireType.Bit32) writer.fixed32(0x0a0a_0a0a);
  else writer.bytes(new Uint8Array(random.pick([0, 1, 127, 128, 300])).fill(0x0a));
  return writer.finish();
}
