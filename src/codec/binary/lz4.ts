// Text <-> LZ4 block: the names and messages of a tree repeat each other in part, and a block unpacks in one short loop.
// Source: LZ4 Block Format Description, https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
import type { Meter } from "./meter.ts";

const MIN_MATCH = 4;
/** No match begins in the last 12 bytes, and the last 5 are always literals: the format's rule for every writer. */
const LAST_MATCH = 12;
const LAST_LITERALS = 5;
const FARTHEST = 0xffff;
const HASH_BITS = 10;

/** Packs text; remembers where four bytes were seen last. */
export class Lz4Packer {
  readonly #seen = new Int32Array(1 << HASH_BITS);

  /**
   * Packs the first `length` bytes of `input` into `output` from `at` on. Returns the bytes written; 0 where they would
   * not be fewer than `length`, or would not fit.
   */
  pack(input: Uint8Array, length: number, output: Uint8Array, at: number): number {
    const seen = this.#seen.fill(-1);
    const most = Math.min(output.length, at + length - 1);
    const lastMatch = length - LAST_MATCH;
    const lastEnd = length - LAST_LITERALS;
    let out = at;
    let literals = 0;
    let i = 0;
    while (i < lastMatch) {
      const hash = hashAt(input, i);
      const candidate = seen[hash] as number;
      seen[hash] = i;
      if (candidate < 0 || i - candidate > FARTHEST || !matches(input, candidate, i)) {
        i++;
        continue;
      }
      let end = i + MIN_MATCH;
      while (end < lastEnd && input[end] === input[candidate + end - i]) end++;
      out = sequence(input, literals, i, end - i, i - candidate, output, out, most);
      if (out < 0) return 0;
      for (let j = i + 1; j < end && j < lastMatch; j++) seen[hashAt(input, j)] = j;
      i = end;
      literals = end;
    }
    out = sequence(input, literals, length, 0, 0, output, out, most);
    return out < 0 ? 0 : out - at;
  }
}

function hashAt(input: Uint8Array, i: number): number {
  const word =
    (input[i] as number) |
    ((input[i + 1] as number) << 8) |
    ((input[i + 2] as number) << 16) |
    ((input[i + 3] as number) << 24);
  return Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
}

function matches(input: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < MIN_MATCH; i++) if (input[a + i] !== input[b + i]) return false;
  return true;
}

/** Literals from `start` to `end`, then a match of `length` (0: none, the last sequence); -1 where it passes `most`. */
function sequence(
  input: Uint8Array,
  start: number,
  end: number,
  length: number,
  distance: number,
  output: Uint8Array,
  at: number,
  most: number,
): number {
  const literals = end - start;
  const match = length === 0 ? 0 : length - MIN_MATCH;
  // Token, distance, and one byte of length for each 255.
  if (at + literals + 5 + literals / 255 + match / 255 > most) return -1;
  let out = at;
  output[out++] = (Math.min(literals, 15) << 4) | Math.min(match, 15);
  if (literals >= 15) out = longer(output, out, literals - 15);
  for (let i = start; i < end; i++) output[out++] = input[i] as number;
  if (length === 0) return out;
  output[out++] = distance & 0xff;
  output[out++] = distance >>> 8;
  return match >= 15 ? longer(output, out, match - 15) : out;
}

function longer(output: Uint8Array, at: number, rest: number): number {
  let out = at;
  let left = rest;
  for (; left >= 255; left -= 255) output[out++] = 255;
  output[out++] = left;
  return out;
}

/**
 * Unpacks the bytes of `input` from `start` to `end` into `output`: exactly `length` bytes, false where the block says
 * anything else. Reads and writes nothing beyond these bounds; its work is the sum of both lengths.
 */
export function unpack(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  length: number,
  meter: Meter,
): boolean {
  let i = start;
  let out = 0;
  while (i < end) {
    meter.steps++;
    const token = input[i++] as number;
    let literals = token >>> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (i >= end) return false;
        meter.steps++;
        more = input[i++] as number;
      }
    }
    if (literals > end - i || literals > length - out) return false;
    meter.steps += literals;
    for (const stop = i + literals; i < stop; ) output[out++] = input[i++] as number;
    if (i === end) return out === length;
    if (end - i < 2) return false;
    const distance = (input[i] as number) | ((input[i + 1] as number) << 8);
    i += 2;
    let match = (token & 15) + MIN_MATCH;
    if (match === 15 + MIN_MATCH) {
      for (let more = 255; more === 255; match += more) {
        if (i >= end) return false;
        meter.steps++;
        more = input[i++] as number;
      }
    }
    if (distance === 0 || distance > out || match > length - out) return false;
    meter.steps += match;
    for (const stop = out + match; out < stop; out++) output[out] = output[out - distance] as number;
  }
  return false;
}
