// Decides which words look like credentials rather than like words of prose, paths, names or addresses.
import { ALPHANUMERIC, classOf, DASH, DIGIT, DOT, isAt, LETTER, LOWER, runEnd, UPPER } from "./char-class.ts";

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

/** Longest name of a thing that is looked at. */
const LONGEST_NAME = 64;
const MOST_DIGITS_IN_NAME = 3;

/** True for the name of a thing, such as `db-credentials-v2`: words of small letters, and short numbers, with dashes or dots between. */
export function looksLikeName(text: string, start: number, end: number): boolean {
  if (end - start > LONGEST_NAME) return false;
  let parts = 0;
  for (let i = start; i < end; parts++) {
    const letters = runEnd(text, i, LOWER, end);
    const digits = runEnd(text, letters, DIGIT, end);
    const most = letters - i > 1 || letters === i ? MOST_DIGITS_IN_NAME : 2;
    if (digits === i || digits - letters > most) return false;
    if (digits < end && !isAt(text, digits, DASH | DOT)) return false;
    i = digits + 1;
  }
  return parts > 1;
}

/** 1 for a, e, i, o, u and y, capitals and small letters, by the last five bits. */
const VOWELS = 0b10_0010_0000_1000_0010_0010_0010;
/** Groups of letters without a vowel, from which on a word is none of a language. */
const LEAST_UNSPEAKABLE = 3;

/**
 * True for a word of capitals, small letters and digits that was made at random. A name in camel case has a vowel between any two
 * capitals; ids of small letters and digits alone (hexadecimal ones, UUIDs, pods) and of capitals and digits alone are none.
 */
export function isRandom(text: string, start: number, end: number): boolean {
  let classes = 0;
  let unspeakable = 0;
  let hasVowel = true;
  let before = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    const own = classOf(unit);
    classes |= own;
    const begins =
      (own & LETTER) !== 0 && ((before & LETTER) === 0 || ((own & UPPER) !== 0 && (before & LOWER) !== 0));
    if (begins || (own & LETTER) === 0) {
      if (!hasVowel) unspeakable++;
      hasVowel = !begins;
    }
    if ((own & LETTER) !== 0 && ((VOWELS >>> (unit & 31)) & 1) === 1) hasVowel = true;
    before = own;
  }
  if (!hasVowel) unspeakable++;
  const mixed = (classes & LOWER) !== 0 && (classes & UPPER) !== 0;
  return mixed && unspeakable >= LEAST_UNSPEAKABLE + ((classes & DIGIT) === 0 ? 2 : 0);
}

/** True for an id, by one of the beginnings that a service has for them. */
export function isAllowed(text: string, start: number, beginnings: readonly string[] = []): boolean {
  return beginnings.some((beginning) => text.startsWith(beginning, start));
}

/** True for a UUID. Source: RFC 9562. */
export function isUuid(text: string, start: number, end: number): boolean {
  if (end - start !== 36) return false;
  let at = start;
  for (const length of [8, 4, 4, 4, 12]) {
    const next = at + length;
    if (runEnd(text, at, ALPHANUMERIC, next) !== next) return false;
    if (next < end && text.charAt(next) !== "-") return false;
    at = next + 1;
  }
  return true;
}
