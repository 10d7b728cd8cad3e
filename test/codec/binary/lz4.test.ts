// Blocks: packed and unpacked again, against a plain reading of the format, and what no block may be.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Lz4Packer, unpack } from "../../../src/codec/binary/lz4.ts";
import {
  packBlock,
  packSequences,
  type Sequence,
  sequencesOf,
  unpackBlock,
} from "../../support/wire/lz4-block.ts";

const packer = new Lz4Packer();

/** The block of a text; `undefined` where it would be no shorter. */
function pack(text: Uint8Array): Buffer | undefined {
  const out = Buffer.alloc(text.length + 20, 0xee);
  const length = packer.pack(text, text.length, out, 3);
  expect(length).toBeLessThan(Math.max(1, text.length));
  expect(out.subarray(2 + Math.max(1, text.length)).every((byte) => byte === 0xee)).toBe(true);
  expect(out.subarray(0, 3)).toStrictEqual(Buffer.alloc(3, 0xee));
  return length === 0 ? undefined : Buffer.from(out.subarray(3, 3 + length));
}

/** The text of a block that says to be of `length` bytes; nothing may be written beyond them. */
function unpacked(block: Uint8Array, length: number): Buffer | undefined {
  const input = Buffer.concat([Buffer.alloc(2, 0x11), block, Buffer.alloc(40, 0x11)]);
  const output = Buffer.alloc(length + 40, 0xee);
  const done = unpack(input, 2, 2 + block.length, output, length, { steps: 0 });
  expect(output.subarray(length)).toStrictEqual(Buffer.alloc(40, 0xee));
  return done ? output.subarray(0, length) : undefined;
}

function ascii(length: number, letters = 26): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 97 + ((i * i + 7 * i) % letters));
}

/** Bytes in which no four follow each other twice. */
function unlike(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 2 === 0 ? (i / 2) % 251 : Math.floor(i / 502)));
}

/** Sequences of a valid block, and the text that they make. */
const sequences = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(), fc.integer({ min: 4, max: 600 })), {
    maxLength: 8,
  })
  .chain((matches) => fc.tuple(fc.constant(matches), fc.uint8Array({ maxLength: 300 })))
  .map(([matches, last]): Sequence[] => {
    let length = 0;
    const all: Sequence[] = matches.map(([literals, back, matched]) => {
      const said = literals.length + length === 0 ? Uint8Array.of(7) : literals;
      length += said.length;
      const match = { distance: 1 + (back % length), length: matched };
      length += matched;
      return { literals: said, match };
    });
    return [...all, { literals: last }];
  });

const texts = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc
    .array(fc.constantFrom("GET /items/:id", "payment", "connect ECONNREFUSED", "a", "é"))
    .map((words) => Buffer.from(words.join(""))),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.nat(2000))
    .map(([unit, length]) => Buffer.alloc(length, unit)),
);

describe("what is packed", () => {
  test("is the same text again, here and by the plain reading, and a shorter one never appears", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const block = pack(text);
        if (block === undefined) return;
        expect(unpacked(block, text.length)).toStrictEqual(Buffer.from(text));
        expect(Buffer.from(unpackBlock(block))).toStrictEqual(Buffer.from(text));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([15, 16, 269, 270, 271, 524, 525, 526, 780])("may begin with %i literals", (literals) => {
    const text = Buffer.concat([unlike(literals), Buffer.alloc(100, 0xfe)]);
    const block = pack(text) as Buffer;
    expect(block[0]).toBeGreaterThanOrEqual(0xf0);
    expect(unpacked(block, text.length)).toStrictEqual(text);
    expect(Buffer.from(unpackBlock(block))).toStrictEqual(text);
  });

  test.each([18, 19, 20, 273, 274, 275, 528, 529, 530, 5000])("may have a match of %i bytes", (match) => {
    const text = Buffer.concat([Buffer.alloc(1 + match, 0x61), unlike(12)]);
    const block = pack(text) as Buffer;
    expect((block[0] as number) & 15).toBe(Math.min(15, match - 4));
    expect(unpacked(block, text.length)).toStrictEqual(text);
    expect(Buffer.from(unpackBlock(block))).toStrictEqual(text);
  });

  test("ends in at least five literals, and no match begins in the last twelve bytes", () => {
    const long = fc.oneof(
      texts,
      fc.integer({ min: 13, max: 60 }).map((length) => Buffer.alloc(length, "ab")),
    );
    fc.assert(
      fc.property(long, (text) => {
        const all = sequencesOf(pack(text) ?? packSequences([{ literals: ascii(5) }]));
        const ending = all.pop()?.literals.length as number;
        expect(ending).toBeGreaterThanOrEqual(5);
        expect(ending + (all.pop()?.match?.length ?? 12)).toBeGreaterThanOrEqual(12);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [65_534, true],
    [65_535, true],
    [65_536, false],
  ])("finds what stood %i bytes before: %s", (distance, found) => {
    const needle = Buffer.from("needle in here");
    const gap = Buffer.alloc(distance - needle.length);
    const text = Buffer.concat([unlike(100), needle, gap, needle, ascii(20)]);
    const block = pack(text) as Buffer;
    expect(sequencesOf(block).some(({ match }) => match?.distance === distance)).toBe(found);
    expect(unpacked(block, text.length)).toStrictEqual(text);
  });

  test.each([
    ["words", Buffer.alloc(200, "abcdefgh")],
    ["a long match", Buffer.alloc(5000, "a")],
    ["many literals", Buffer.concat([unlike(700), Buffer.alloc(100, "ab")])],
  ])("of %s has no room in fewer bytes", (_, text) => {
    const length = packer.pack(text, text.length, Buffer.alloc(6000), 0);
    expect(length).toBeGreaterThan(0);
    for (let room = 0; room < length; room++)
      expect(packer.pack(text, text.length, Buffer.alloc(room), 0)).toBe(0);
  });

  test("is nothing where it would be no shorter", () => {
    expect(packer.pack(unlike(200), 200, Buffer.alloc(300), 0)).toBe(0);
    for (let size = 0; size < 12; size++)
      expect(packer.pack(Buffer.alloc(size), size, Buffer.alloc(300), 0)).toBe(0);
  });
});

describe("a block of another writer", () => {
  test("is read as the plain reading has it: overlapping matches, lengths of any size", () => {
    fc.assert(
      fc.property(sequences, (all) => {
        const block = packSequences(all);
        const text = Buffer.from(unpackBlock(block));
        expect(unpacked(block, text.length)).toStrictEqual(text);
        expect(unpacked(block, text.length + 1)).toBeUndefined();
        if (text.length > 0) expect(unpacked(block, text.length - 1)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test("of the best packing is read", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(unpacked(packBlock(text), text.length)).toStrictEqual(Buffer.from(text));
      }),
    );
  });

  const repeat = (length: number) => ({ literals: Buffer.from("ab"), match: { distance: 2, length } });
  const end = { literals: Buffer.from("stop!") };

  test.each([4, 18, 19, 273, 274, 528, 529])(
    "with a match of %i bytes that runs over itself is read",
    (length) => {
      const text = `${"ab".repeat(length).slice(0, 2 + length)}stop!`;
      expect(unpacked(packSequences([repeat(length), end]), text.length)?.toString()).toBe(text);
    },
  );

  test.each([0, 14, 15, 16, 269, 270, 271, 525])("of %i literals alone is read", (length) => {
    expect(unpacked(packSequences([{ literals: ascii(length) }]), length)).toStrictEqual(
      Buffer.from(ascii(length)),
    );
  });

  test("may end without literals", () => {
    expect(unpacked(packSequences([repeat(4), { literals: new Uint8Array() }]), 6)?.toString()).toBe(
      "ababab",
    );
  });
});

describe("no block is", () => {
  const cases: [string, number, number[]][] = [
    ["nothing", 0, []],
    ["a match without the sequence behind it", 6, [0x20, 97, 98, 2, 0]],
    ["literals that are not all there", 3, [0x30, 97, 98]],
    ["a length of literals that is cut short", 20, [0xf0]],
    ["a length of literals that goes on to the end", 1000, [0xf0, 255, 255]],
    ["more literals than text", 2, [0x30, 97, 98, 99]],
    ["fewer literals than text", 4, [0x30, 97, 98, 99]],
    ["a distance that is not there", 6, [0x20, 97, 98]],
    ["a distance of which half is there", 10, [0x20, 97, 98, 2]],
    ["a distance of nothing", 11, [0x20, 97, 98, 0, 0, 0x50, 97, 97, 97, 97, 97]],
    ["a distance before the text", 11, [0x20, 97, 98, 3, 0, 0x50, 97, 97, 97, 97, 97]],
    ["a distance before the text by its high byte", 11, [0x20, 97, 98, 1, 1, 0x50, 97, 97, 97, 97, 97]],
    ["a match before there is text", 9, [0x00, 1, 0, 0x50, 97, 97, 97, 97, 97]],
    ["a length of a match that is cut short", 30, [0x2f, 97, 98, 2, 0]],
    ["a length of a match that goes on to the end", 600, [0x2f, 97, 98, 2, 0, 255, 255]],
    ["a match that is longer than the text", 5, [0x20, 97, 98, 2, 0, 0x00]],
    ["anything behind the text", 6, [0x20, 97, 98, 2, 0, 0x00, 0x00]],
  ];
  test.each(cases)("%s", (_, length, block) => {
    expect(unpacked(Uint8Array.from(block), length)).toBeUndefined();
  });

  test("bytes of which the plain reading says so; all others are the same text", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(sequences, fc.nat(), fc.nat(255)).map(([all, at, byte]) => {
        const block = packSequences(all);
        block[at % block.length] = byte;
        return block;
      }),
    );
    fc.assert(
      fc.property(bytes, fc.nat(300), (block, length) => {
        let text: Buffer | undefined;
        try {
          text = Buffer.from(unpackBlock(block));
        } catch {
          expect(unpacked(block, length)).toBeUndefined();
          return;
        }
        expect(unpacked(block, text.length)).toStrictEqual(text);
        if (length !== text.length) expect(unpacked(block, length)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });
});
