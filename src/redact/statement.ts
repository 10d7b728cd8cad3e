// Takes the literals out of an SQL statement with which a text begins.
import { DIGIT, DOT, isAt, isSpace, isWordAt, runEnd, spaceEnd, WORD } from "./char-class.ts";

/**
 * A text that begins with an SQL statement, with `?` in place of the literals. A message after the statement, behind the
 * last " - ", as Knex writes it, stays as it is.
 *
 * Source: OpenTelemetry semantic conventions, "Sanitization of `db.query.text`".
 */
export function redactStatement(text: string): string {
  if (!beginsWithStatement(text)) return text;
  const params = text.indexOf("params: ");
  const end = params < 0 ? text.lastIndexOf(" - ") : params;
  return end < 0 ? withoutLiterals(text) : withoutLiterals(text.slice(0, end)) + text.slice(end);
}

/** True for a text that begins with a statement, as some name their spans and begin their messages. */
function beginsWithStatement(text: string): boolean {
  const first = spaceEnd(text, 0);
  const start = isWordAt(text, first, "failed query:") ? spaceEnd(text, first + 13) : first;
  switch (text.charCodeAt(start) | 0x20) {
    case 0x63: {
      const name = secondWord(text, start, "call");
      const end = runEnd(text, name, WORD);
      return name > 0 && end > name && isParenthesis(text, spaceEnd(text, end));
    }
    case 0x64:
      return isPhraseAt(text, start, "delete", "from");
    case 0x69:
      return isPhraseAt(text, start, "insert", "into");
    case 0x6d:
      return isPhraseAt(text, start, "merge", "into");
    case 0x72:
      return isPhraseAt(text, start, "replace", "into");
    case 0x73:
      return hasLater(text, start, "select", "from");
    case 0x75:
      return hasLater(text, start, "update", "set");
    case 0x77:
      return hasLater(text, start, "with", "as");
    default:
      return false;
  }
}

/** Where the next word begins if the first is this one, else 0. */
function secondWord(text: string, start: number, word: string): number {
  const end = start + word.length;
  return isWordAt(text, start, word) && isSpace(text.charCodeAt(end)) ? spaceEnd(text, end) : 0;
}

function isPhraseAt(text: string, start: number, first: string, second: string): boolean {
  const place = secondWord(text, start, first);
  return place > 0 && isWordAt(text, place, second) && isSpace(text.charCodeAt(place + second.length));
}

/** True if the first word is followed by the other at any distance, `as` by a parenthesis behind it. */
function hasLater(text: string, start: number, first: string, other: string): boolean {
  if (secondWord(text, start, first) === 0) return false;
  for (let i = start + first.length + 1; i < text.length; i++) {
    if (!isSpace(text.charCodeAt(i)) || !isWordAt(text, i + 1, other)) continue;
    const end = i + 1 + other.length;
    if (other === "as" ? isParenthesis(text, spaceEnd(text, end)) : isSpace(text.charCodeAt(end)))
      return true;
  }
  return false;
}

function isParenthesis(text: string, place: number): boolean {
  return text.charCodeAt(place) === 0x28;
}

const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;

/** Text in single quotes, whole or cut, and numbers that are no part of a name or placeholder. */
export function withoutLiterals(text: string): string {
  let out = "";
  let from = 0;
  let i = 0;
  while (i < text.length) {
    const unit = text.charCodeAt(i);
    const digits = unit === MINUS ? i + 1 : i;
    if (unit === APOSTROPHE) {
      out += `${text.slice(from, i)}?`;
      from = stringEnd(text, i + 1);
      i = from;
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

/** Behind the quote that ends it: not one that is doubled or escaped. The end of the text if it is cut. */
function stringEnd(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === BACKSLASH) i++;
    else if (unit === APOSTROPHE) {
      if (text.charCodeAt(i + 1) !== APOSTROPHE) return i + 1;
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

/** True if {@link redactStatement} may have something to do; cheap. */
export function mayBeStatement(text: string): boolean {
  switch (text.charCodeAt(0) | 0x20) {
    case 0x20: // white space
    case 0x63: // call
    case 0x64: // delete
    case 0x66: // Failed query
    case 0x69: // insert
    case 0x6d: // merge
    case 0x72: // replace
    case 0x73: // select
    case 0x75: // update
    case 0x77: // with
      return text.includes(" ");
    default:
      return false;
  }
}
