// Says which words are ordinary: English, and terms of the field. No names of people, no typical passwords.
import { DIGIT, isAt, LETTER, runEnd } from "./char-class.ts";
import { PACKED_WORDS } from "./vocabulary-words.ts";

const LONGEST_WORD = 24;
const UNDERSCORE = "_";

/** Unpacked when it is first needed: on the failing path, and not by every service. */
let unpacked: ReadonlySet<string> | undefined;

/** True for a word of the vocabulary, in small letters or in any other case. */
export function isOrdinary(word: string): boolean {
  if (word.length > LONGEST_WORD) return false;
  unpacked ??= unpack();
  return unpacked.has(word.toLowerCase());
}

/** The words of the vocabulary, sorted. */
export function vocabulary(): ReadonlySet<string> {
  unpacked ??= unpack();
  return unpacked;
}

function unpack(): ReadonlySet<string> {
  const words = new Set<string>();
  const packed = PACKED_WORDS.join("");
  let word = "";
  for (let at = 0; at < packed.length; ) {
    const rest = at + 1;
    let end = rest;
    while (end < packed.length && !isAt(packed, end, DIGIT)) end++;
    word = word.slice(0, Number(packed.charAt(at))) + packed.slice(rest, end);
    words.add(word);
    at = end;
  }
  return words;
}

/** Longest stretch that is looked at: a longer one is no word of prose. */
const LONGEST_STRETCH = 80;

/** True if all words of a stretch are ordinary, and it has no number of more than three digits. */
export function areOrdinary(text: string, start: number, end: number): boolean {
  if (end - start > LONGEST_STRETCH) return false;
  for (let i = start; i < end; ) {
    const letters = runEnd(text, i, LETTER, end);
    if (letters > i) {
      if (letters < end && (isAt(text, letters, DIGIT) || text.charAt(letters) === UNDERSCORE)) return false;
      if (letters - i > 1 && !isOrdinary(text.slice(i, letters))) return false;
      i = letters;
      continue;
    }
    const digits = runEnd(text, i, DIGIT, end);
    if (digits - i > 3 || (digits > i && digits < end && isAt(text, digits, LETTER))) return false;
    if (digits === i && text.charCodeAt(i) > 0x7f) return false;
    i = Math.max(digits, i + 1);
  }
  return true;
}
