// A text of a node without what must not leave the process: credentials, values of data, what steers a terminal.
import { mayBeStatement, redactMessages, redactStatement } from "./redact-database.ts";
import { looksSecret, REDACTED, redactPairs } from "./redact-pairs.ts";

/** Longest text that is read and longest that is returned, in UTF-16 units. */
export const MOST_READ = 8192;
const MOST_RETURNED = 4096;
/** So far before its limit a text may end: half a credential is not known as one. */
const WORD_BEFORE_CUT = 512;
const WORD_END = /[\s"'`,;&<>(){}|]/;

/** Where something was taken out, what is left is read again: it may now stand beside a name that it did not before. */
const MOST_ROUNDS = 4;

/** Digits in a row from this on are taken out. */
const LONG_DIGITS = 13;
/** Letters, digits, dashes and underscores in a row, from which on they may be a token. */
const LONG_WORD = 16;

// What a text has, as bits.
const CONTROL = 1;
const PAIR = 2;
const AT = 4;
const QUOTE = 8;
const DIGIT = 16;
const WORD = 32;
const MANY_DIGITS = 64;
const LONG = 128;

/** Bits of every ASCII character. */
const CLASSES: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) => {
  const char = String.fromCharCode(unit);
  if (unit < 0x20 || unit === 0x7f) return CONTROL;
  if (/\d/.test(char)) return DIGIT | WORD;
  if (/[\w-]/.test(char)) return WORD;
  if (/[=:]/.test(char)) return PAIR;
  if (/["'({]/.test(char)) return QUOTE;
  return char === "@" ? AT : 0;
});

/**
 * The text as it may be told. Taken out are
 * - user and password of a URL; values of names such as `password`, `access_token`, `x-api-key`, and in the query of a URL
 *   also of `key`, `code`, `sig`; credentials of an `Authorization`, bare bearer and basic tokens, cookies;
 * - JWTs, private keys, AWS access key ids and other keys that are known by their first letters;
 * - values of data in messages of databases, and literals of a statement with which a text begins;
 * - 13 digits or more in a row, and card numbers in groups. Shorter numbers, times in milliseconds, and hexadecimal ids stay;
 * - whose e-mail address it is (`[redacted]@example.com`): who has failed is personal, at which host is not;
 * - escape sequences, control and bidi characters. Line breaks and tabs become a space.
 *
 * Any other text stays as it is. Applied twice it does no more than once. At most 4,096 characters, in time linear in the
 * length; never throws. An ordinary text
 * costs 1.5 to 4 times a loop over its characters.
 */
export function redactText(text: string): string {
  let redacted = text.length > MOST_READ ? cut(text, MOST_READ) : text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = redacted;
    redacted = redactOnce(before);
    if (redacted === before) break;
  }
  return redacted.length > MOST_RETURNED ? cut(redacted, MOST_RETURNED) : redacted;
}

function redactOnce(text: string): string {
  let redacted = text;
  let signs = signsOf(redacted);
  if ((signs & CONTROL) !== 0) {
    redacted = withoutControls(redacted);
    // What is gone may have stood within a word.
    signs = signsOf(redacted);
  }
  if ((signs & LONG) !== 0) redacted = redacted.replace(PRIVATE_KEYS, REDACTED);
  if ((signs & (QUOTE | PAIR)) !== 0) redacted = redactMessages(redacted);
  if ((signs & (QUOTE | DIGIT)) !== 0 && mayBeStatement(redacted)) redacted = redactStatement(redacted);
  if ((signs & AT) !== 0) redacted = redactUsers(redacted);
  if ((signs & PAIR) !== 0) redacted = redactPairs(redacted);
  if (redacted.includes("earer ") || redacted.includes("asic ")) {
    redacted = redacted.replace(BARE_CREDENTIALS, hideIfSecret);
  }
  if ((signs & LONG) !== 0) redacted = redacted.replace(KNOWN_TOKENS, REDACTED);
  if ((signs & MANY_DIGITS) !== 0) redacted = redacted.replace(NUMBERS, hideNumber);
  return (signs & AT) === 0 ? redacted : redactAddresses(redacted);
}

/** What a text has. No regex: nearly every text has nothing to take out. */
function signsOf(text: string): number {
  let signs = 0;
  let digits = 0;
  let word = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      word = 0;
      if (isSteering(unit)) signs |= CONTROL;
      continue;
    }
    const bits = CLASSES[unit] as number;
    signs |= bits;
    if ((bits & WORD) === 0) word = 0;
    else if (++word === LONG_WORD) signs |= LONG;
    if ((bits & DIGIT) !== 0) digits++;
  }
  return digits < LONG_DIGITS ? signs : signs | MANY_DIGITS;
}

/** C1 controls, separators of lines, and the characters that change the direction of text. */
function isSteering(unit: number): boolean {
  if (unit < 0xa0 || unit === 0x061c) return true;
  if (unit < 0x200e || unit > 0x2069) return false;
  return unit < 0x2010 || (unit >= 0x2028 && unit <= 0x202e) || unit >= 0x2066;
}

/** Source: ECMA-48, control sequences (CSI), control strings (OSC, DCS, …) and two-character escapes. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029][\t\n\v\f\r\u0085\u2028\u2029 ]*/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function withoutControls(text: string): string {
  return text.replace(ESCAPES, "").replace(BREAKS, " ").replace(CONTROLS, "").trimEnd();
}

/** Whole, or cut after the beginning of its base64. Source: RFC 7468. */
const PRIVATE_KEYS =
  /-----BEGIN [A-Z0-9 ]{0,32}KEY(?: BLOCK)?-----(?:(?:(?!-----).)*-----END [A-Z0-9 ]{0,32}KEY(?: BLOCK)?-----|(?:\s|\\[nr])*[\w+/=]{16}(?:\\[nr]|[\w+/=\s])*)/gs;

const BARE_CREDENTIALS = /\b((?:bearer|basic) +)([\w.~+/-]{7,}[\w~+/-]=*)/gi;

function hideIfSecret(match: string, scheme: string, word: string): string {
  return looksSecret(word) ? scheme + REDACTED : match;
}

/** JWTs and other base64 of JSON, and keys that their makers gave a beginning by which they are found. */
const KNOWN_TOKENS =
  /(?<![A-Za-z0-9])(?:eyJ[\w-]{13,}(?:\.{1,2}[\w-]+){0,4}|A(?:KI|SI|BI|CC)A[A-Z0-9]{12,}|gh[oprsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{12,}|[rs]k_(?:live|test)_\w{8,}|sk-(?=[\w-]{0,64}\d)[\w-]{16,}|AIza[\w-]{30,}|npm_\w{30,}|whsec_[\w+/]{16,}|ya29\.[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,})/g;

/** Not within a word, for ids are hexadecimal; not the fraction of a number. In groups as they are printed on cards. */
const NUMBERS =
  /(?<![\w.])\d{13,}(?!\w)|(?<![\w.-])\d{4}([ -])\d{3,6}\1\d{3,5}(?:\1\d{2,4}){0,2}(?![\w-]|\1\d)/g;

/** Bounds of types, which messages about ranges name. */
const BOUNDS: ReadonlySet<string> = new Set([
  "9007199254740991",
  "9007199254740992",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
]);

function hideNumber(number: string, separator: string | undefined): string {
  if (separator !== undefined) return isCardNumber(number) ? REDACTED : number;
  // A time in milliseconds, of 2001 to 2033; no card number begins so.
  if (number.length === LONG_DIGITS && number.startsWith("1")) return number;
  return BOUNDS.has(number) ? number : REDACTED;
}

/** Source: ISO/IEC 7812-1, annex B (the Luhn formula). */
function isCardNumber(text: string): boolean {
  let sum = 0;
  let digits = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) continue;
    const weighed = digits++ % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return digits >= LONG_DIGITS && digits <= 19 && sum % 10 === 0;
}

/** URLs without who they log in as. */
function redactUsers(text: string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) {
    const start = at + 3;
    const end = userEnd(text, start);
    if (end <= start || text.slice(start, end) === REDACTED) continue;
    out += text.slice(from, start) + REDACTED;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/**
 * Where the user's part of a URL ends, -1 where it has none. Passwords in connection strings contain `@` and `/` as they
 * are: what stands before a slash is no host where its port is no number, and after a password the last `@` counts, unless
 * it begins a segment of a path.
 */
function userEnd(text: string, start: number): number {
  let at = -1;
  let colon = -1;
  let past = false;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (char <= " " || char === '"' || char === "'" || char === "`" || char === "<" || char === ">") break;
    if (char === "@") {
      if (!past || text.charAt(i - 1) !== "/") at = i;
    } else if (char === ":") {
      if (text.startsWith("//", i + 1)) break;
      if (colon < 0) colon = i;
    } else if (!past && (char === "/" || char === "?" || char === "#")) {
      if (colon < 0 || text.charAt(start) === "[") break;
      if (at < 0 && /^\d{0,5}$/.test(text.slice(colon + 1, Math.min(i, colon + 8)))) break;
      if (at >= 0 && colon > at) break;
      past = true;
    }
  }
  return at;
}

const DOMAIN = /@(?!\d+\.\d)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/y;

/** E-mail addresses without whose they are. `git@` is nobody's. */
function redactAddresses(text: string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > from && isLocalUnit(text.charCodeAt(start - 1))) start--;
    DOMAIN.lastIndex = at;
    if (start === at || !DOMAIN.test(text) || text.slice(start, at) === "git") continue;
    out += text.slice(from, start) + REDACTED;
    from = at;
  }
  return from === 0 ? text : out + text.slice(from);
}

function isLocalUnit(unit: number): boolean {
  if (unit >= 0x80) return unit >= 0xc0;
  // Letters, digits, dash and underscore, and . % +
  return ((CLASSES[unit] as number) & WORD) !== 0 || unit === 0x2e || unit === 0x25 || unit === 0x2b;
}

/** The beginning of a text, up to the end of a word, and not within a mark of ours. */
function cut(text: string, limit: number): string {
  let end = limit;
  const least = limit - WORD_BEFORE_CUT;
  while (end > least && !WORD_END.test(text.charAt(end))) end--;
  if (end > least) return text.slice(0, end);
  const mark = text.lastIndexOf("[", limit);
  if (text.startsWith(REDACTED, mark) && mark + REDACTED.length > limit) return text.slice(0, mark);
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}
