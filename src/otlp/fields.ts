// Reads the fields of a protobuf message one after the other, within its bounds and without copying.
import type { Work } from "./work.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

/** How many more fields may be read of a message and of all in it. */
interface Room {
  left: number;
}

/**
 * Walks the fields of one message. It never throws: where the bytes are no message, it stops and is `broken`.
 *
 * Source: Protocol Buffers documentation, "Encoding".
 */
export class Fields {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  /** Number and wire type of the current field. */
  number = 0;
  type = 0;
  /** Where its value begins and ends, if it is of bytes or fixed. */
  from = 0;
  to = 0;
  /** Its value as two halves of 32 bits without a sign, if it is a number. */
  low = 0;
  high = 0;
  broken = false;
  readonly #room: Room | undefined;

  constructor(bytes: Buffer, from = 0, to: number = bytes.length, room?: Room) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#room = room;
  }

  /** Goes to the next field; false at the end, and where the bytes are no message. */
  next(): boolean {
    if (this.broken || this.#at >= this.#end) return false;
    if (this.#room !== undefined && --this.#room.left < 0) return this.#fail();
    if (!this.#varint() || this.high !== 0) return this.#fail();
    this.number = this.low >>> 3;
    this.type = this.low & 7;
    if (this.number === 0) return this.#fail();
    switch (this.type) {
      case VARINT:
        return this.#varint() || this.#fail();
      case FIXED64:
        return this.#fixed(8);
      case FIXED32:
        return this.#fixed(4);
      case BYTES:
        if (!this.#varint() || this.high !== 0) return this.#fail();
        return this.#take(this.low);
      default:
        return this.#fail();
    }
  }

  /** The message that the current field holds. */
  message(): Fields {
    return new Fields(this.#bytes, this.from, this.to, this.#room);
  }

  /** The same, if it is read in one go: with more fields than that, in it and in all messages within, it is broken. */
  bounded(fields: number): Fields {
    return new Fields(this.#bytes, this.from, this.to, { left: fields });
  }

  text(): string {
    return this.#bytes.toString("utf8", this.from, this.to);
  }

  hex(): string {
    return this.#bytes.toString("hex", this.from, this.to);
  }

  /** The value as an int64; larger ones lose their last digits. */
  integer(): number {
    return (this.high | 0) * 4_294_967_296 + this.low;
  }

  /** The value as a number without a sign; above 2^53 it loses its last digits. */
  unsigned(): number {
    return this.high * 4_294_967_296 + this.low;
  }

  /** The value as a sint32. */
  zigzag(): number {
    return (this.low >>> 1) ^ -(this.low & 1);
  }

  /** Adds the value or, if they are packed, the values of a repeated fixed64; false if that are more than `most`, or none. */
  fixed64s(values: number[], most: number): boolean {
    return this.#eights(
      values,
      most,
      (at) => this.#bytes.readUInt32LE(at + 4) * 4_294_967_296 + this.#bytes.readUInt32LE(at),
    );
  }

  /** The same for a repeated double. */
  doubles(values: number[], most: number): boolean {
    return this.#eights(values, most, (at) => this.#bytes.readDoubleLE(at));
  }

  /** The same for a repeated uint64. */
  varints(values: number[], most: number): boolean {
    if (this.type === VARINT) return values.push(this.unsigned()) <= most;
    if (this.type !== BYTES) return false;
    const packed = this.message();
    while (packed.#at < packed.#end) {
      if (!packed.#varint()) return false;
      if (values.push(packed.unsigned()) > most) return false;
    }
    return true;
  }

  double(): number {
    return this.type === FIXED64 ? this.#bytes.readDoubleLE(this.from) : 0;
  }

  /** A fixed64 of nanoseconds in microseconds, exactly: 2^32 is 4294967 * 1000 + 296. */
  microseconds(): number {
    return this.high * 4_294_967 + Math.floor((this.high * 296 + this.low) / 1000);
  }

  #eights(values: number[], most: number, read: (at: number) => number): boolean {
    if (this.type !== FIXED64 && this.type !== BYTES) return false;
    const count = (this.to - this.from) / 8;
    if (!Number.isInteger(count) || values.length + count > most) return false;
    for (let at = this.from; at < this.to; at += 8) values.push(read(at));
    return true;
  }

  #fixed(bytes: number): boolean {
    if (!this.#take(bytes)) return false;
    this.low = this.#bytes.readUInt32LE(this.from);
    this.high = bytes === 8 ? this.#bytes.readUInt32LE(this.from + 4) : 0;
    return true;
  }

  #take(bytes: number): boolean {
    if (bytes > this.#end - this.#at) return this.#fail();
    this.from = this.#at;
    this.#at += bytes;
    this.to = this.#at;
    return true;
  }

  /** Reads at most ten bytes. */
  #varint(): boolean {
    this.low = 0;
    this.high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) return false;
      const byte = this.#bytes[this.#at++] as number;
      const bits = byte & 0x7f;
      if (i < 4) this.low |= bits << (7 * i);
      else if (i === 4) {
        this.low |= bits << 28;
        this.high = bits >>> 4;
      } else this.high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.low >>>= 0;
        this.high >>>= 0;
        return true;
      }
    }
    return false;
  }

  #fail(): false {
    this.broken = true;
    return false;
  }
}

/** Fields of one record, and of a resource: a field takes two bytes, so there may be millions. What has more is not read. */
export const MOST_FIELDS = 50_000;

/**
 * Reads each record of an export request, of spans or of metrics: resources in it, scopes in them, records in these. Fields may come in any
 * order, so what a record needs of its resource is read before its scopes.
 *
 * @param readers.isScopes - true for the number of the field that holds scopes
 * @param readers.record - reads the field that holds a record; returns how many things could not be read
 */
export function* readRecords<Resource>(
  bytes: Buffer,
  readers: {
    resource(resource: Fields): Resource;
    isScopes(field: number): boolean;
    record(field: Fields, resource: Resource): number | Work<number>;
  },
): Work<{ readonly unread: number; readonly broken: boolean }> {
  let unread = 0;
  const request = new Fields(bytes);
  while (request.next()) {
    yield;
    if (request.number !== 1 || request.type !== BYTES) continue;
    const resource = readers.resource(request.bounded(MOST_FIELDS));
    const scopes = request.message();
    while (scopes.next()) {
      yield;
      if (!readers.isScopes(scopes.number) || scopes.type !== BYTES) continue;
      const records = scopes.message();
      while (records.next()) {
        yield;
        if (records.number !== 2 || records.type !== BYTES) continue;
        const left = readers.record(records, resource);
        unread += typeof left === "number" ? left : yield* left;
      }
      if (records.broken) unread++;
    }
    if (scopes.broken) unread++;
  }
  return { unread, broken: request.broken };
}
