// Writes protobuf's wire format from left to right.
// Source: https://protobuf.dev/programming-guides/encoding/
import { BYTES } from "./numbers.ts";

/** Bytes that a number takes at most. */
const LONGEST_VARINT = 10;
/** The tag and the length of a field. */
const HEAD_BYTES = 2 * LONGEST_VARINT;

/** Writes into a buffer of its own, which grows up to the largest message and is used again for the next one. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256);
  at = 0;

  /** What is written, as a view that holds until more is. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.at);
  }

  /** Makes room for a field of so many bytes behind its head. */
  reserve(bytes: number): void {
    const most = this.at + HEAD_BYTES + bytes;
    if (most <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * most);
    this.#bytes.copy(larger, 0, 0, this.at);
    this.#bytes = larger;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  varint(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    while (rest >= 128) {
      bytes[this.at++] = (rest % 128) | 128;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 128);
    }
    bytes[this.at++] = rest;
  }

  /** Eight bytes, from 16 hex digits. */
  id(field: number, id: string): void {
    this.reserve(8);
    this.tag(field, BYTES);
    this.varint(8);
    this.at += this.#bytes.write(id, this.at, 8, "hex");
  }

  /** A field of bytes. */
  field(field: number, bytes: Buffer): void {
    this.reserve(bytes.length);
    this.tag(field, BYTES);
    this.varint(bytes.length);
    this.append(bytes);
  }

  /** Bytes as they are. */
  append(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.at += bytes.copy(this.#bytes, this.at);
  }

  /** The first `count` numbers as a packed list; nothing if there are none. */
  packed(field: number, values: readonly number[], count: number): void {
    if (count === 0) return;
    this.reserve(LONGEST_VARINT * count);
    this.tag(field, BYTES);
    let length = 0;
    for (let i = 0; i < count; i++) length += varintBytes(values[i] as number);
    this.varint(length);
    for (let i = 0; i < count; i++) this.varint(values[i] as number);
  }
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  let bytes = 1;
  for (let rest = value; rest >= 128 && bytes < LONGEST_VARINT; bytes++) rest = Math.floor(rest / 128);
  return bytes;
}
