// Raw deflate, as any library writes and reads it, within bounds.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "../../../src/wire/binary/deflate.ts";

const packAll = (message: Uint8Array): Buffer => pack(message, Number.POSITIVE_INFINITY);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.array(fc.constantFrom(1, 2, 3, 97), { maxLength: 3000 }).map((list) => Uint8Array.from(list)),
);

describe("a message", () => {
  test("comes back as it was, from us and from the library", () => {
    fc.assert(
      fc.property(bytes, (message) => {
        const packed = packAll(message);
        expect(Buffer.compare(inflateRawSync(packed), message)).toBe(0);
        expect(Buffer.compare(unpack(packed, message.length + 1) ?? Buffer.from("none"), message)).toBe(0);
      }),
    );
  });

  test("is read by whatever settings it was packed with", () => {
    const settings = fc.record({
      level: fc.integer({ min: 0, max: 9 }),
      windowBits: fc.integer({ min: 9, max: 15 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
      strategy: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(bytes, settings, (message, options) => {
        const read = unpack(deflateRawSync(message, options), 3000);
        expect(Buffer.compare(read ?? Buffer.from("none"), message)).toBe(0);
      }),
    );
  });

  test("that is short is stored, which every reader of raw deflate takes", () => {
    for (let size = 0; size <= 200; size++) {
      const message = Buffer.alloc(size, "ab");
      const stored = packAll(message);
      expect(inflateRawSync(stored).equals(message)).toBe(true);
      expect(stored[0] === 1 ? stored.length : size).toBe(size <= 128 ? size + 5 : size);
      expect(pack(message, size + 4)[0] !== 1 || size === 0).toBe(true);
    }
    // Its length and the inverted one do not agree; bits that mean nothing may be set.
    expect(unpack(Uint8Array.of(1, 1, 0, 0xff, 0xff, 97), 10)).toBeUndefined();
    expect(unpack(Uint8Array.of(0b11111001, 1, 0, 0xfe, 0xff, 97), 10)).toEqual(Buffer.from("a"));
  });

  test("of a byte more than the bound is none, however far it would unpack", () => {
    for (const size of [1, 100, 16_384]) {
      expect(unpack(packAll(Buffer.alloc(size)), size)).toHaveLength(size);
      expect(unpack(packAll(Buffer.alloc(size + 1)), size)).toBeUndefined();
    }
    expect(unpack(deflateRawSync(Buffer.alloc(50_000_000)), 16_384)).toBeUndefined();
  });

  test("cut short anywhere, or with anything behind it, is none", () => {
    const packed = packAll(Buffer.from("payment POST /pay ledger PUT /entries payment POST /refund"));
    for (let end = 0; end < packed.length; end++)
      expect(unpack(packed.subarray(0, end), 100)).toBeUndefined();
    for (const behind of [Uint8Array.of(0), Buffer.from("x"), packed]) {
      expect(unpack(Buffer.concat([packed, behind]), 1000)).toBeUndefined();
    }
  });

  test("of any bytes throws nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (packed) => void unpack(packed, 1000)),
      { numRuns: 1000 },
    );
  });
});
