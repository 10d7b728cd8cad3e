// Takes user and password out of URLs, with a scheme or without, and the name out of e-mail addresses.
import {
  ALPHANUMERIC,
  classOf,
  DASH,
  DIGIT,
  DOT,
  isAt,
  isWordAt,
  LETTER,
  PLUS_SLASH,
  QUOTE,
  runEnd,
  UNDERSCORE,
  WORD,
} from "./char-class.ts";
import { REDACTED } from "./redacted.ts";

const COLON = 0x3a;
const SLASH = 0x2f;
const AT_SIGN = 0x40;
const EQUALS = 0x3d;

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
 * begins a segment of a path. They contain `<` and `>`, which otherwise stand around a URL, as tags do. It reads to the next URL at most.
 */
function userEnd(text: string, start: number): number {
  let at = -1;
  let colon = -1;
  let past = false;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (char <= " " || isAt(text, i, QUOTE)) break;
    if (char === "<" || char === ">") {
      const endsUrl = char === ">" || isAt(text, i + 1, LETTER | PLUS_SLASH);
      if (colon < 0 || at >= 0 || text.charAt(start) === "[" || (endsUrl && isPort(text, colon + 1, i)))
        break;
    } else if (char === "@") {
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
  return end > start && end - start <= MOST_PORT_DIGITS && runEnd(text, start, DIGIT, end) === end;
}

/** What a connection string without a scheme does not reach over. */
const BEFORE_USER: Uint8Array = new Uint8Array(128);
for (let unit = 0; unit <= 0x20; unit++) BEFORE_USER[unit] = 1;
for (const char of "\"'`<>()[]{},;|") BEFORE_USER[char.charCodeAt(0)] = 1;
const LONGEST_USER = 256;

/** The text without `user:password` before the host of a connection string that has no scheme, or that of JDBC. */
export function redactBareUsers(text: string): string {
  let out = "";
  let from = 0;
  // Of the word that is read: where it begins, and its first and last colon and its last slash.
  let start = 0;
  let colon = -1;
  let last = -1;
  let slash = -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128) continue;
    if (unit === COLON) {
      if (colon < 0) colon = i;
      last = i;
    } else if (unit === SLASH) {
      // A URL, or the path of a file.
      if (i === last + 1 && text.charCodeAt(i + 1) === SLASH) colon = i + LONGEST_USER;
      slash = i;
    } else if (
      unit === AT_SIGN &&
      isUser(text, { start, colon, end: i }) &&
      isHostAt(text, behindSlashes(text, i + 1))
    ) {
      const first = isWordAt(text, start, "jdbc:") && slash > last ? last + 1 : start;
      out += text.slice(from, first) + REDACTED;
      from = i;
      start = i;
      colon = -1;
    } else if (BEFORE_USER[unit] === 1 || (unit === EQUALS && colon < 0)) {
      start = i + 1;
      colon = -1;
      slash = -1;
      last = -1;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

/** True if a user and a password stand between; no path, and no address of a mail. */
function isUser(
  text: string,
  { start, colon, end }: { readonly start: number; readonly colon: number; readonly end: number },
): boolean {
  if (colon <= start || end - colon < 3 || end - start > LONGEST_USER) return false;
  return (
    !isAt(text, start, SLASHES) && !isWordAt(text, start, "mailto:") && !text.startsWith(REDACTED, start)
  );
}

/** Oracle's `user/password@//host`. */
function behindSlashes(text: string, place: number): number {
  return text.startsWith("//", place) ? place + 2 : place;
}

const SLASHES = PLUS_SLASH | DOT;
const DIGESTS = ["sha256:", "sha512:"];

/** A name or an address, no version and no digest; behind it a port, a path or nothing. */
function isHostAt(text: string, start: number): boolean {
  const end = runEnd(text, start, ALPHANUMERIC | DASH | DOT | UNDERSCORE, start + 254);
  if (end === start || DIGESTS.some((digest) => text.startsWith(digest, start))) return false;
  const first = runEnd(text, start, DIGIT);
  if (first === start || !isAt(text, first, DOT)) return true;
  // An IPv4 address has four numbers, a version three.
  return (
    runEnd(text, runEnd(text, first + 1, DIGIT) + 1, DIGIT | DOT) === end && dotsIn(text, start, end) === 3
  );
}

function dotsIn(text: string, start: number, end: number): number {
  let dots = 0;
  for (let i = start; i < end; i++) if (isAt(text, i, DOT)) dots++;
  return dots;
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
    if (isFileAt(text, start, at + 1)) continue;
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

const FILES: ReadonlySet<string> = new Set(
  "js ts mjs cjs jsx tsx mts cts json map css scss html vue svelte wasm node py go rs rb java kt php sh md yml yaml toml lock png jpg jpeg svg gif webp ico pdf txt log xml".split(
    " ",
  ),
);
const LONGEST_FILE = 64;

/** A file such as `/src/user@v2.ts`: in a folder, or with a line. */
function isFileAt(text: string, start: number, host: number): boolean {
  let end = host;
  let dot = -1;
  for (; end - host < LONGEST_FILE && isAt(text, end, ALPHANUMERIC | DASH | DOT); end++) {
    if (isAt(text, end, DOT)) dot = end;
  }
  if (dot < host || !FILES.has(text.slice(dot + 1, end))) return false;
  return (
    "/\\".includes(text.charAt(start - 1) || " ") || (text.charAt(end) === ":" && isAt(text, end + 1, DIGIT))
  );
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
    const end = labelEnd(text, label);
    if (end === label || !isAt(text, end, DOT)) return false;
    label = end + 1;
  }
  return false;
}

/** Letters of any script: a name need not be encoded. */
function labelEnd(text: string, start: number): number {
  let end = start;
  while (end - start < LONGEST_LABEL && isLabelUnit(text.charCodeAt(end))) end++;
  return end;
}

function isLabelUnit(unit: number): boolean {
  return unit >= 0x80 ? unit >= 0xc0 && unit < 0x2000 : (classOf(unit) & (ALPHANUMERIC | DASH)) !== 0;
}

function isTopLevelAt(text: string, start: number): boolean {
  if (text.startsWith("xn--", start)) return true;
  let end = start;
  while (end - start <= LONGEST_TOP && isTopUnit(text.charCodeAt(end))) end++;
  const length = end - start;
  return length >= 2 && length <= LONGEST_TOP && !isAt(text, end, WORD | DASH);
}

function isTopUnit(unit: number): boolean {
  return unit >= 0x80 ? isLabelUnit(unit) : (classOf(unit) & LETTER) !== 0;
}
