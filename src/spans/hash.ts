// Computes a 64-bit hash without big integers, which take several times as long.

const PRIME_LOW = 0x1b3;
const END = 0x1f;
const TWO_32 = 0x1_0000_0000;

/**
 * FNV-1a over UTF-16 units, 64 bits in two halves.
 *
 * Source: the FNV-1a hash, draft-eastlake-fnv; its 64-bit prime is 2^40 + 0x1b3.
 */
export class Hash64 {
  #high = 0xcbf29ce4 | 0;
  #low = 0x84222325 | 0;

  /** Adds a text and an end mark, so that no two lists of texts run together. */
  text(text: string): this {
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i <= text.length; i++) {
      low ^= i < text.length ? text.charCodeAt(i) : END;
      // The product of the low half takes 41 bits, which a double holds exactly.
      const product = (low >>> 0) * PRIME_LOW;
      high = (Math.imul(high, PRIME_LOW) + (low << 8) + Math.floor(product / TWO_32)) | 0;
      low = product | 0;
    }
    this.#high = high;
    this.#low = low;
    return this;
  }

  /** 16 hex digits. */
  hex(): string {
    return hex8(this.#high) + hex8(this.#low);
  }
}

/** Every byte in hex: a lookup takes a fraction of `toString(16)`. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex8(half: number): string {
  const high = (HEX[half >>> 24] as string) + (HEX[(half >>> 16) & 255] as string);
  return high + (HEX[(half >>> 8) & 255] as string) + (HEX[half & 255] as string);
}
