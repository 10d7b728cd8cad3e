// LZ4 blocks as the format's description has them, read and written as plainly as can be.
// Source: LZ4 Block Format Description, https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md

/** Literals, and what follows of the text so far; the last sequence of a block has no match. */
export interface Sequence {
  readonly literals: Uint8Array;
  readonly match?: { readonly distance: number; readonly length: number };
}

/**
 * The text of a block.
 *
 * @throws RangeError where it is malformed
 */
export function unpackBlock(block: Uint8Array): Uint8Array {
  const text: number[] = [];
  for (const { literals, match } of sequencesOf(block)) {
    text.push(...literals);
    if (match === undefined) continue;
    const { distance, length } = match;
    if (distance === 0 || distance > text.length) throw new RangeError("a match begins before the text");
    for (let left = length; left > 0; left--) text.push(text[text.length - distance] as number);
  }
  return Uint8Array.from(text);
}

/**
 * The sequences of a block, as they come.
 *
 * @throws RangeError where it is cut short
 */
export function sequencesOf(block: Uint8Array): Sequence[] {
  const sequences: Sequence[] = [];
  let at = 0;
  const next = (): number => {
    const byte = block[at++];
    if (byte === undefined) throw new RangeError("the block is cut short");
    return byte;
  };
  const longer = (nibble: number): number => {
    let length = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = next();
    return length;
  };
  for (;;) {
    const token = next();
    const count = longer(token >> 4);
    const literals = block.slice(at, at + count);
    if (literals.length < count) throw new RangeError("the block is cut short");
    at += count;
    if (at === block.length) return [...sequences, { literals }];
    const distance = next() + next() * 256;
    sequences.push({ literals, match: { distance, length: longer(token & 15) + 4 } });
  }
}

/** The block of these sequences, whether it is a valid one or not. */
export function packSequences(sequences: readonly Sequence[]): Uint8Array {
  const block: number[] = [];
  const longer = (length: number): void => {
    if (length < 15) return;
    let rest = length - 15;
    for (; rest >= 255; rest -= 255) block.push(255);
    block.push(rest);
  };
  for (const { literals, match } of sequences) {
    const matched = match === undefined ? 0 : match.length - 4;
    block.push(Math.min(literals.length, 15) * 16 + Math.min(matched, 15));
    longer(literals.length);
    block.push(...literals);
    if (match === undefined) continue;
    block.push(match.distance % 256, Math.floor(match.distance / 256));
    longer(matched);
  }
  return Uint8Array.from(block);
}

/** A block of a text: at each place the longest match there is, found by looking at all of them. */
export function packBlock(text: Uint8Array): Uint8Array {
  const sequences: Sequence[] = [];
  let literals = 0;
  for (let at = 0; at < text.length - 12; ) {
    let distance = 0;
    let length = 3;
    for (let back = 1; back <= Math.min(at, 0xffff); back++) {
      let equal = 0;
      while (at + equal < text.length - 5 && text[at + equal] === text[at + equal - back]) equal++;
      if (equal > length) {
        distance = back;
        length = equal;
      }
    }
    if (distance > 0) {
      sequences.push({ literals: text.subarray(literals, at), match: { distance, length } });
      literals = at + length;
    }
    at += distance > 0 ? length : 1;
  }
  sequences.push({ literals: text.subarray(literals) });
  return packSequences(sequences);
}
