import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spanIdIn, traceIdIn } from "../../src/otlp/ids.ts";

describe("an id is one, whichever way it is written", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

  test("in base64, in capitals, with 0x, without leading zeros", () => {
    fc.assert(
      fc.property(
        bytes(8).filter((id) => id.some((byte) => byte > 0)),
        (id) => {
          const buffer = Buffer.from(id);
          const hex = buffer.toString("hex");
          expect(spanIdIn(hex)).toBe(hex);
          expect(spanIdIn(hex.toUpperCase())).toBe(hex);
          expect(spanIdIn(hex.replace(/^0+/, ""))).toBe(hex);
          expect(spanIdIn(`0x${hex}`)).toBe(hex);
          expect(spanIdIn(buffer.toString("base64"))).toBe(hex);
          // Of 64 bits in a field of 128.
          expect(traceIdIn(hex.padStart(32, "0"))).toBe(traceIdIn(hex));
        },
      ),
    );
  });

  test("trace ids of 128 bits, also as a UUID", () => {
    fc.assert(
      fc.property(
        bytes(16).filter((id) => id.slice(0, 8).some((byte) => byte > 0)),
        (id) => {
          const buffer = Buffer.from(id);
          const hex = buffer.toString("hex");
          expect(traceIdIn(hex.toUpperCase())).toBe(hex);
          expect(traceIdIn(hex.replace(/^0+/, ""))).toBe(hex);
          expect(traceIdIn(buffer.toString("base64"))).toBe(hex);
          expect(traceIdIn(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"))).toBe(hex);
        },
      ),
    );
  });

  test("zeros, nothing and other types are none; other text stays as it is", () => {
    for (const none of ["", "0", "0".repeat(16), "AAAAAAAAAAA=", "0x0", 7, null, undefined, {}]) {
      expect(spanIdIn(none)).toBeUndefined();
    }
    for (const text of ["trace123", "root-span-1", "Root Span"]) expect(spanIdIn(text)).toBe(text);
  });
});
