// Messages that are nearly right: valid protobuf with wild numbers, valid trees with wild columns, bytes that unpack to too much.
import { deflateRawSync } from "node:zlib";
import type { Random } from "../support/random.ts";
import type { ErrorTree } from "../support/wire/generated/error-tree_pb.ts";
import { ErrorTreeSchema } from "../support/wire/generated/error-tree_pb.ts";

/** A field of a message: a column or a number as numbers, everything else as bytes. */
export type WildField = { readonly field: number; content: number[] | Uint8Array };

const FIELDS = ErrorTreeSchema.fields.map(({ number }) => number);
const TEXT = ErrorTreeSchema.field.text.number;
const SERVICES = ErrorTreeSchema.field.services.number;
/** Numbers at the borders of types, limits and bytes; the last ones need ten bytes. */
const EDGES: readonly number[] = [
  ...[0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 513],
  ...[1023, 1024, 1025, 2047, 2048, 2049, 16_383, 16_384, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32],
  ...[999_999_999_999_999, 1_000_000_000_000_000, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 2 ** 11],
];

/** Writes messages one after the other, into bytes that hold until the next one. */
export class WildWriter {
  readonly #out: Buffer = Buffer.alloc(1 << 16);
  #at = 0;

  /** The fields as protobuf; here and there with another wire type, length or order. */
  write(fields: readonly WildField[], random: Random): Buffer {
    this.#at = 0;
    for (const { field, content } of fields) {
      if (this.#at > this.#out.length / 2) break;
      if (content instanceof Uint8Array) this.#bytes(field, content);
      else if (content.length === 1 && random.below(2) === 0) this.#numbers(field, content);
      else if (random.below(40) === 0) this.#numbers(field, content);
      else this.#packed(field, content, random.below(500) === 0 ? random.below(4) - 2 : 0);
      if (random.below(500) === 0) this.#junk(random);
    }
    return this.#out.subarray(0, this.#at);
  }

  #bytes(field: number, content: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(content.length);
    this.#out.set(content.subarray(0, 4096), this.#at);
    this.#at += Math.min(4096, content.length);
  }

  #numbers(field: number, content: readonly number[]): void {
    for (const number of content) {
      this.#varint(field * 8);
      this.#varint(number);
    }
  }

  /** A packed list whose length is off by `off`. */
  #packed(field: number, content: readonly number[], off: number): void {
    this.#varint(field * 8 + 2);
    const start = this.#at;
    for (const number of content) this.#varint(number);
    const length = this.#at - start;
    this.#out.copyWithin(start + 2, start, this.#at);
    this.#at = start;
    const said = Math.max(0, length + off);
    this.#out[this.#at++] = (said & 127) | 128;
    this.#out[this.#at++] = (said >>> 7) & 127;
    this.#at += length;
  }

  /** A field that nobody knows, of any wire type; or one of another wire type than it has. */
  #junk(random: Random): void {
    const field = random.below(2) === 0 ? random.pick(FIELDS) : 19 + random.below(2 ** 20);
    this.#varint(field * 8 + random.below(8));
    for (let left = random.below(12); left > 0; left--) this.#out[this.#at++] = random.below(256);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#out[this.#at++] = (rest % 128) | 128;
    this.#out[this.#at++] = rest;
  }
}

/** The fields of a valid tree. */
export function fieldsOfMessage(message: ErrorTree): WildField[] {
  const fields = ErrorTreeSchema.fields.map(({ number, localName }): WildField => {
    const value = message[localName as "id" | "omitted" | "lengths"];
    if (value instanceof Uint8Array) return { field: number, content: value };
    return { field: number, content: Array.isArray(value) ? value.map(Number) : [Number(value)] };
  });
  return fields.filter(({ content }) => content.length > 0);
}

/** Any fields with any content. */
export function wildFields(random: Random): WildField[] {
  const fields = Array.from({ length: 1 + random.below(14) }, (): WildField => {
    const field = random.below(20) === 0 ? wildNumber(random) % 2 ** 29 || 1 : random.pick(FIELDS);
    if (field > 1 && field !== TEXT) return { field, content: wildNumbers(random, random.pick([1, 4, 40])) };
    return {
      field,
      content: field === 1 ? randomBytes(random, random.pick([0, 7, 8, 8, 9])) : randomBytes(random, 60),
    };
  });
  if (random.below(2) === 0) fields.push({ field: SERVICES, content: [0] });
  return fields;
}

/** The fields of a valid tree with a few that are wild. */
export function damagedFields(fields: readonly WildField[], random: Random): WildField[] {
  const damaged = fields.map(({ field, content }) => ({ field, content }));
  for (let faults = random.below(3); faults > 0; faults--) {
    const i = random.below(damaged.length);
    const { field, content } = damaged[i] as WildField;
    const wild =
      content instanceof Uint8Array ? changedBytes(content, random) : changedNumbers(content, random);
    damaged[i] = { field, content: wild };
    if (random.below(8) === 0) damaged.splice(i, 1);
    if (random.below(8) === 0) damaged.push({ field: random.pick(FIELDS), content: wildNumbers(random, 6) });
    if (damaged.length === 0) return wildFields(random);
  }
  return damaged;
}

/** Raw deflate of a message: by any writer, cut, changed, with bytes behind it, or with far more in it than anybody reads. */
export function wildDeflate(message: Uint8Array, random: Random): Uint8Array {
  const bomb =
    message.length > 0 && random.below(8) === 0
      ? Buffer.alloc(random.pick([1000, 30_000, 1_000_000]), message)
      : message;
  const packed = deflateRawSync(bomb, {
    level: random.below(10),
    windowBits: 9 + random.below(7),
    memLevel: 1 + random.below(9),
    strategy: random.below(5),
  });
  const how = random.below(6);
  if (how === 0) return packed.subarray(0, random.below(packed.length + 1));
  if (how === 1) return Buffer.concat([packed, randomBytes(random, 20)]);
  return how === 2 ? changedBytes(packed, random) : packed;
}

function wildNumber(random: Random): number {
  const kind = random.below(4);
  if (kind === 0) return random.pick(EDGES);
  return random.below(kind === 1 ? 4 : kind === 2 ? 64 : 2 ** random.below(50));
}

function wildNumbers(random: Random, most: number): number[] {
  return Array.from({ length: random.below(most + 1) }, () => wildNumber(random));
}

function changedNumbers(numbers: readonly number[], random: Random): number[] {
  const changed = [...numbers];
  const at = random.below(changed.length + 1);
  const how = random.below(5);
  if (how === 0) changed.splice(at, 0, ...wildNumbers(random, 4));
  else if (how === 1) changed.splice(at, 1 + random.below(3));
  else if (how === 2) changed.splice(at, 1, wildNumber(random));
  else if (how === 3) changed.push(...changed.slice(0, 200));
  else changed[Math.min(at, changed.length - 1)] = Math.max(0, (changed[at] ?? 0) + random.below(3) - 1);
  return changed;
}

/** A few bytes changed, cut or doubled. */
export function changedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const how = random.below(5);
  const behind = how === 0 ? at : at + random.below(8);
  if (how === 1) return bytes.slice(0, at);
  const instead = how === 2 ? bytes.slice(random.below(at + 1), at) : randomBytes(random, how === 3 ? 0 : 4);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), instead, bytes.subarray(behind)]));
}

/** Up to so many bytes of any kind, or of the `kinds` from `first` on. */
export function randomBytes(random: Random, most: number, first = 0, kinds = 256): Uint8Array {
  return Uint8Array.from({ length: random.below(most + 1) }, () => first + random.below(kinds));
}
