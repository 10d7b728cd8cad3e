// Tells in one reading of a text which of many phrases it cannot contain: one of their pairs of characters is not there.

const WORDS = 32;

/** The pairs of a phrase, as places in a filter. */
export function pairsOf(phrase: string): readonly number[] {
  return Array.from({ length: phrase.length - 1 }, (_, i) =>
    placeOf(phrase.charCodeAt(i), phrase.charCodeAt(i + 1)),
  );
}

/** The pairs of one text at a time; different ones may share a place. */
export class PairFilter {
  readonly #bits = new Int32Array(WORDS);

  read(text: string): void {
    const bits = this.#bits;
    bits.fill(0);
    let before = text.charCodeAt(0);
    for (let i = 1; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const place = placeOf(before, unit);
      bits[place >> 5] = (bits[place >> 5] as number) | (1 << (place & 31));
      before = unit;
    }
  }

  /** False if the text does not contain the phrase with these pairs. */
  mayHold(pairs: readonly number[]): boolean {
    for (let i = 0; i < pairs.length; i++) {
      const place = pairs[i] as number;
      if (((this.#bits[place >> 5] as number) & (1 << (place & 31))) === 0) return false;
    }
    return true;
  }
}

function placeOf(first: number, second: number): number {
  return (first * 37 + second) % (WORDS * 32);
}
