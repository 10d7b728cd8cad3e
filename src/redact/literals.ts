// Replaces the literals of a piece of SQL: texts in quotes, whole or cut, and numbers.
import { DIGIT, DOT, EQUALS, isAt, runEnd, WORD } from "./char-class.ts";

const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOUBLE = 0x22;

/** Text in single quotes, whole or cut, in double ones behind `=`, and numbers that are no part of a name or placeholder. */
export function withoutLiterals(text: string): string {
  let out = "";
  let from = 0;
  let i = 0;
  while (i < text.length) {
    const unit = text.charCodeAt(i);
    const digits = unit === MINUS ? i + 1 : i;
    if (unit === APOSTROPHE) {
      out += `${text.slice(from, i)}?`;
      from = stringEnd(text, i + 1, APOSTROPHE);
      i = from;
    } else if (unit === DOUBLE && isCompared(text, i)) {
      const end = stringEnd(text, i + 1, DOUBLE);
      if (isAt(text, end, DOT)) {
        i = end;
        continue;
      }
      out += `${text.slice(from, i)}?`;
      from = end;
      i = end;
    } else if (isAt(text, digits, DIGIT)) {
      const isFree = !isPartOfName(text, i - 1, '$.:"`?');
      if (!isFree && unit === MINUS) {
        i++;
        continue;
      }
      const end = numberEnd(text, digits);
      if (isFree && !isPartOfName(text, end, '."`')) {
        out += `${text.slice(from, i)}?`;
        from = end;
      }
      i = end;
    } else i++;
  }
  return out + text.slice(from);
}

/** MySQL writes texts in double quotes, too. */
function isCompared(text: string, place: number): boolean {
  const before = text.charAt(place - 1) === " " ? place - 2 : place - 1;
  return isAt(text, before, EQUALS);
}

/** Behind the quote that ends it: not one that is doubled or escaped. The end of the text if it is cut. */
function stringEnd(text: string, start: number, quote: number): number {
  for (let i = start; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === BACKSLASH) i++;
    else if (unit === quote) {
      if (text.charCodeAt(i + 1) !== quote) return i + 1;
      i++;
    }
  }
  return text.length;
}

function numberEnd(text: string, start: number): number {
  const end = runEnd(text, start, DIGIT);
  return isAt(text, end, DOT) && isAt(text, end + 1, DIGIT) ? runEnd(text, end + 1, DIGIT) : end;
}

function isPartOfName(text: string, place: number, others: string): boolean {
  const char = text.charAt(place);
  return char !== "" && (isAt(text, place, WORD) || others.includes(char));
}
