// Replaces the literals of a piece of SQL: texts in quotes, whole or cut, and numbers.
import { DIGIT, DOT, EQUALS, isAt, runEnd, WORD } from "./char-class.ts";

const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOUBLE = 0x22;

/**
 * Text in single quotes, whole or cut, in double ones, and numbers that are no part of a name or placeholder.
 *
 * @param doubles - what stands in double quotes is always text; else only behind `=`
 */
export function withoutLiterals(text: string, doubles: boolean): string {
  let out = "";
  let from = 0;
  let i = 0;
  while (i < text.length) {
    const unit = text.charCodeAt(i);
    const digits = unit === MINUS ? i + 1 : i;
    const end = unit === APOSTROPHE || unit === DOUBLE ? literalEnd(text, i, doubles) : 0;
    if (end > 0) {
      // The name of a column with that of its table.
      if (unit === APOSTROPHE || doubles || !isAt(text, end, DOT)) {
        out += `${text.slice(from, i)}?`;
        from = end;
      }
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

/** Behind the text in quotes that begins at a place; 0 if none does. MySQL writes texts in double quotes, too. */
export function literalEnd(text: string, place: number, doubles: boolean): number {
  const unit = text.charCodeAt(place);
  if (unit === APOSTROPHE) return stringEnd(text, place + 1, "'");
  return unit === DOUBLE && (doubles || isCompared(text, place)) ? stringEnd(text, place + 1, '"') : 0;
}

function isCompared(text: string, place: number): boolean {
  const before = text.charAt(place - 1) === " " ? place - 2 : place - 1;
  return isAt(text, before, EQUALS);
}

/**
 * Behind the quote that ends it: not one that is doubled. The end of the text if it is cut. A quote behind a backslash is a part of the
 * text for MySQL, its end for others, and either in JSON: then the last quote ends it, so that no text is taken for what
 * stands between two.
 */
function stringEnd(text: string, start: number, quote: string): number {
  for (let i = text.indexOf(quote, start); i >= 0; i = text.indexOf(quote, i + 2)) {
    if (text.charCodeAt(i - 1) === BACKSLASH) return text.lastIndexOf(quote) + 1;
    if (text.charAt(i + 1) !== quote) return i + 1;
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
