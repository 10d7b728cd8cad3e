// Reads protobuf's wire format from left to right.
// Source: https://protobuf.dev/programming-guides/encoding/
import { BYTES, FIXED32, FIXED64, VARINT } from "./numbers.ts";

/** Reads the first bytes of a buffer; what is malformed shows in `malformed`, nothing throws. */
export class ByteReader {
  malformed = false;
  /** Bytes of numbers that were looked at: the work done so far. */
  steps = 0;
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  get done(): boolean {
    return this.malformed || this.at >= this.#end;
  }

  /** An unsigned number; inexact past 2^53, which is past every limit. */
  varint(): number {
    this.steps++;
    const first = this.at < this.#end ? (this.#bytes[this.at++] as number) : 0x100;
    if (first < 0x80) return first;
    if (first === 0x100) return this.#reject();
    let value = first & 0x7f;
    let factor = 0x80;
    for (let i = 1; i < 10 && this.at < this.#end; i++) {
      this.steps++;
      const byte = this.#bytes[this.at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    return this.#reject();
  }

  /** The length of what follows, which is there in full; 0 if it is not. */
  length(): number {
    const length = this.varint();
    return length > this.#end - this.at ? this.#reject() : length;
  }

  /** Moves past a field that is not understood. */
  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === BYTES) this.#move(this.length());
    else if (wireType === FIXED64) this.#move(8);
    else if (wireType === FIXED32) this.#move(4);
    else this.#reject();
  }

  #move(bytes: number): void {
    if (bytes > this.#end - this.at) this.#reject();
    else this.at += bytes;
  }

  #reject(): number {
    this.malformed = true;
    return 0;
  }
}
