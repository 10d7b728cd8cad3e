// Takes user and password out of URLs, and the name out of e-mail addresses.
import { ALPHANUMERIC, classOf, DASH, DIGIT, DOT, isAt, LETTER, QUOTE, runEnd, WORD } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";

const MARK = "://";
const MOST_PORT_DIGITS = 5;

/** The text without users and passwords in URLs. */
export function redactUsers(text: string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + MARK.length)) {
    const start = at + MARK.length;
    const end = userEnd(text, start);
    if (end <= start || (end - start === REDACTED.length && text.startsWith(REDACTED, start))) continue;
    out += text.slice(from, start) + REDACTED;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/**
 * Where the user's part of a URL ends, -1 if it has none. Passwords in connection strings contain `@` and `/` as they
 * are: what stands before a slash is no host if its port is no number, and after a password the last `@` counts, unless it
 * begins a segment of a path. It reads to the next URL at most.
 */
function userEnd(text: string, start: number): number {
  let at = -1;
  let colon = -1;
  let past = false;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (char <= " " || isAt(text, i, QUOTE) || char === "<" || char === ">") break;
    if (char === "@") {
      if (!past || text.charAt(i - 1) !== "/") at = i;
    } else if (char === ":") {
      if (text.startsWith("//", i + 1)) break;
      if (colon < 0) colon = i;
    } else if (!past && (char === "/" || char === "?" || char === "#")) {
      if (colon < 0 || text.charAt(start) === "[") break;
      if (at < 0 && isPort(text, colon + 1, i)) break;
      if (at >= 0 && colon > at) break;
      past = true;
    }
  }
  return at;
}

function isPort(text: string, start: number, end: number): boolean {
  return end - start <= MOST_PORT_DIGITS && runEnd(text, start, DIGIT, end) === end;
}

/** The text without the names in e-mail addresses. `git@` is no person. */
export function redactAddresses(text: string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > from && isLocalUnit(text.charCodeAt(start - 1))) start--;
    if (start === at || !isDomainAt(text, at + 1)) continue;
    if (at - start === 3 && text.startsWith("git", start)) continue;
    out += text.slice(from, start) + REDACTED;
    from = at;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Letters, digits, dash, underscore, and . % + */
function isLocalUnit(unit: number): boolean {
  if (unit >= 0x80) return unit >= 0xc0;
  return (classOf(unit) & (WORD | DASH | DOT)) !== 0 || unit === 0x25 || unit === 0x2b;
}

const MOST_LABELS = 8;
const LONGEST_LABEL = 63;
const LONGEST_TOP = 24;

/** Labels with dots between them, of which one behind the first could be a top-level domain. No number, as in a version. */
function isDomainAt(text: string, start: number): boolean {
  const number = runEnd(text, start, DIGIT);
  if (number > start && isAt(text, number, DOT) && isAt(text, number + 1, DIGIT)) return false;
  let label = start;
  for (let labels = 0; labels <= MOST_LABELS; labels++) {
    if (labels > 0 && isTopLevelAt(text, label)) return true;
    const end = runEnd(text, label, ALPHANUMERIC | DASH, label + LONGEST_LABEL);
    if (end === label || !isAt(text, end, DOT)) return false;
    label = end + 1;
  }
  return false;
}

function isTopLevelAt(text: string, start: number): boolean {
  const end = runEnd(text, start, LETTER, start + LONGEST_TOP + 1);
  const length = end - start;
  return length >= 2 && length <= LONGEST_TOP && !isAt(text, end, WORD | DASH);
}
