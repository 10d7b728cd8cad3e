// Takes out numbers of persons: cards, IBANs, phones, social security numbers. Ids, offsets and times of any length stay.
import {
  ALPHANUMERIC,
  BRACKET,
  classOf,
  DASH,
  DIGIT,
  DOT,
  isAt,
  LETTER,
  LOWER,
  PLUS_SLASH,
  runEnd,
  UPPER,
  WORD,
} from "./char-class.ts";
import { REDACTED } from "./redacted.ts";

/** Of `+` and `(`. */
const MARK = PLUS_SLASH | BRACKET;

/** The text without them. */
export function redactNumbers(text: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const own = classOf(text.charCodeAt(i));
    if ((own & DIGIT) === 0) {
      const end = (own & UPPER) !== 0 ? ibanEnd(text, i) : (own & MARK) !== 0 ? phoneEnd(text, i) : -1;
      if (end > 0) {
        out += text.slice(from, i) + REDACTED;
        from = end;
        i = end - 1;
      }
      continue;
    }
    const end = runEnd(text, i, DIGIT);
    const to = numberEnd(text, i, end);
    if (to > 0) {
      out += text.slice(from, i) + REDACTED;
      from = to;
    }
    i = Math.max(to, end) - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Where the number of a card or a person ends that begins with these digits; -1 if there is none. */
function numberEnd(text: string, start: number, end: number): number {
  const length = end - start;
  if (length >= 14 && length <= 19) return isCardRun(text, start, end) ? end : -1;
  if (isAt(text, start - 1, WORD | DOT | DASH)) return -1;
  if (length === 4) return cardEnd(text, start);
  return length === 3 ? shortGroupsEnd(text, start) : -1;
}

/** Digits in a row with a beginning and a length that cards have; letters before them are a word, not hexadecimal. */
function isCardRun(text: string, start: number, end: number): boolean {
  if (isAt(text, end, WORD) || isAt(text, start - 1, DOT | DASH)) return false;
  let word = start;
  while (start - word < 24 && isAt(text, word - 1, LETTER)) word--;
  if (isAt(text, word - 1, WORD) && text.charAt(word - 1) !== "_") return false;
  return isCardBeginning(text, start, end - start) && isCardNumber(text, start, end);
}

/** Source: ISO/IEC 7812, the issuers' ranges. */
function isCardBeginning(text: string, start: number, length: number): boolean {
  const two = Number(text.slice(start, start + 2));
  if (length === 15) return two === 34 || two === 37;
  if (length === 14) return two === 30 || two === 36 || two === 38;
  if (length === 16)
    return (
      (two >= 40 && two < 60) ||
      (two >= 22 && two <= 27) ||
      two === 35 ||
      two === 62 ||
      two === 64 ||
      two === 65 ||
      two === 60
    );
  return length > 16 && two === 62;
}

/** Least and most digits of the groups in which card numbers are printed, behind the first of four. */
const GROUPS: readonly (readonly [least: number, most: number])[] = [
  [3, 6],
  [3, 5],
  [2, 4],
  [2, 4],
];
const NEEDED_GROUPS = 2;

/** Where a card number in groups ends, between which one and the same character stands; -1 if there is none. */
function cardEnd(text: string, start: number): number {
  let end = start + 4;
  const separator = text.charAt(end);
  if (separator !== " " && separator !== "-" && separator !== ".") return -1;
  for (const [place, [least, most]] of GROUPS.entries()) {
    const group = end + 1;
    const next = text.charAt(end) === separator ? runEnd(text, group, DIGIT, group + most) : group;
    if (next - group < least) {
      if (place < NEEDED_GROUPS) return -1;
      break;
    }
    end = next;
  }
  if (isAt(text, end, WORD | DASH) || (text.charAt(end) === separator && isAt(text, end + 1, DIGIT)))
    return -1;
  return isCardNumber(text, start, end) ? end : -1;
}

/** Source: ISO/IEC 7812-1, annex B (the Luhn formula). */
function isCardNumber(text: string, start: number, end: number): boolean {
  let sum = 0;
  let digits = 0;
  for (let i = end - 1; i >= start; i--) {
    const unit = text.charCodeAt(i);
    if ((classOf(unit) & DIGIT) === 0) continue;
    const digit = unit - 0x30;
    const weighed = digits++ % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return digits >= 13 && digits <= 19 && sum % 10 === 0;
}

/** `123-45-6789`, a social security number, and `123-456-7890`, a phone. */
function shortGroupsEnd(text: string, start: number): number {
  const separator = text.charAt(start + 3);
  if (separator !== "-" && separator !== ".") return -1;
  const second = runEnd(text, start + 4, DIGIT, start + 8);
  const middle = second - start - 4;
  if (text.charAt(second) !== separator || (middle !== 3 && (middle !== 2 || separator !== "-"))) return -1;
  // An area and an office begin with 2 to 9.
  if (middle === 3 && (text.charAt(start) < "2" || text.charAt(start + 4) < "2")) return -1;
  const end = runEnd(text, second + 1, DIGIT);
  return end - second === 5 && !isAt(text, end, WORD | DASH) ? end : -1;
}

/** Fewest digits of a phone number behind `+`. */
export const LEAST_PHONE = 8;
const MOST_PHONE = 15;
const LONGEST_PHONE = 24;

/** Where a phone number ends that begins with `+` or an area in parentheses; -1 if there is none. */
function phoneEnd(text: string, start: number): number {
  const char = text.charAt(start);
  if (char === "(") return areaEnd(text, start);
  if (char !== "+" || !isAt(text, start + 1, DIGIT) || isAt(text, start - 1, ALPHANUMERIC | DASH)) return -1;
  let digits = 0;
  let end = start + 1;
  for (let i = start + 1; i - start < LONGEST_PHONE; i++) {
    if (isAt(text, i, DIGIT)) {
      digits++;
      end = i + 1;
    } else if (!" -.()/".includes(text.charAt(i) || "x") || (i > end + 1 && text.charAt(i) !== "(")) break;
  }
  return digits >= LEAST_PHONE && digits <= MOST_PHONE && !isAt(text, end, WORD) ? end : -1;
}

/** `(212) 555-0199`. */
function areaEnd(text: string, start: number): number {
  if (runEnd(text, start + 1, DIGIT, start + 5) !== start + 4 || text.charAt(start + 4) !== ")") return -1;
  const first = text.charAt(start + 5) === " " ? start + 6 : start + 5;
  const dash = runEnd(text, first, DIGIT, first + 4);
  if (dash !== first + 3 || !"-. ".includes(text.charAt(dash) || "x")) return -1;
  const end = runEnd(text, dash + 1, DIGIT);
  return end - dash === 5 && !isAt(text, end, WORD) ? end : -1;
}

const LEAST_IBAN = 15;
const MOST_IBAN = 34;

/** Where an IBAN ends that begins there, in groups or not; -1 if there is none. Source: ISO 13616-1 and ISO/IEC 7064. */
function ibanEnd(text: string, start: number): number {
  if (!isAt(text, start + 1, UPPER) || !isAt(text, start + 2, DIGIT) || !isAt(text, start + 3, DIGIT))
    return -1;
  if (isAt(text, start - 1, LOWER) ? false : isAt(text, start - 1, WORD)) return -1;
  let rest = 0;
  let chars = 0;
  let end = start + 4;
  let found = -1;
  for (let i = start + 4; chars < MOST_IBAN - 4; i++) {
    if (isAt(text, i, UPPER | DIGIT)) {
      rest = modulo(rest, text.charCodeAt(i));
      chars++;
      end = i + 1;
      if (chars >= LEAST_IBAN - 4 && !isAt(text, end, WORD) && isChecked(text, start, rest)) found = end;
    } else if (!" -".includes(text.charAt(i) || "x") || i > end) break;
  }
  return found;
}

function isChecked(text: string, start: number, rest: number): boolean {
  let sum = rest;
  for (let i = start; i < start + 4; i++) sum = modulo(sum, text.charCodeAt(i));
  return sum === 1;
}

function modulo(rest: number, unit: number): number {
  const value = unit <= 0x39 ? unit - 0x30 : unit - 55;
  return (rest * (value > 9 ? 100 : 10) + value) % 97;
}
