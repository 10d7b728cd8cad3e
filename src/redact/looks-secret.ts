// Decides which words look like credentials rather than like words of prose, paths or addresses.
import { classOf, DIGIT, LETTER, LOWER, UPPER } from "./char-class.ts";

/** Where in a stretch of text the last of such characters stand, so that it is known of every end of the stretch; else -1. */
export interface WordFacts {
  readonly digit: number;
  readonly letter: number;
  readonly slash: number;
  /** `://`. */
  readonly scheme: number;
  /** The last but one small letter before a capital. */
  readonly change: number;
}

const SLASH = 0x2f;
const COLON = 0x3a;

/** Reads a stretch of text once. */
export function wordFacts(text: string, start: number, end: number): WordFacts {
  let digit = -1;
  let letter = -1;
  let slash = -1;
  let scheme = -1;
  let change = -1;
  let lastChange = -1;
  let before = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    const classes = classOf(unit);
    if ((classes & LETTER) !== 0) {
      letter = i;
      if ((classes & UPPER) !== 0 && (before & LOWER) !== 0) {
        change = lastChange;
        lastChange = i - 1;
      }
    } else if ((classes & DIGIT) !== 0) digit = i;
    else if (unit === SLASH) {
      if (slash === i - 1 && i - 2 >= start && text.charCodeAt(i - 2) === COLON) scheme = i - 2;
      slash = i;
    }
    before = classes;
  }
  return { digit, letter, slash, scheme, change };
}

/**
 * True for a word that is rather a credential than a word of prose, a path or an address. The facts are those of a stretch
 * that ends where the word does.
 */
export function looksSecretFrom(text: string, start: number, end: number, facts: WordFacts): boolean {
  const first = text.charAt(start);
  if (end - start < 6 || first === "/" || first === "." || facts.scheme >= start) return false;
  if (facts.digit >= start && facts.letter >= start) return true;
  // Base64 changes between small and capital letters as no name does.
  return (end - start >= 20 && facts.slash < start) || facts.change >= start;
}
