// Recognises names before `=` or `:` after which a secret follows.
import { ALPHANUMERIC, DASH, DOLLAR_PERCENT, DOT, isAt, QUOTE, UNDERSCORE } from "./char-class.ts";

const SPACE = 0x20;
/** Characters that make no difference between names; of a percent sign only an encoded bracket. */
const SKIPPED = UNDERSCORE | DASH | DOT | DOLLAR_PERCENT;
export const NAME: number = ALPHANUMERIC | SKIPPED;

/** A short name (`code`, `key`) is too common: it counts only in the query of a URL or in a form. */
export const PARAMETER = 1;
/** Prose may say "unexpected token: end": after a colon the value must look like one. */
const TOKEN = 2;
export const PASSWORD = 3;
export const AUTHORIZATION = 4;
export const COOKIE = 5;

/** Names as a whole, in lower case, without dashes, dots and underscores. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ...["key", "code", "sig", "auth", "pass", "pw", "sid", "session", "ticket", "assertion"].map(of(PARAMETER)),
  ...["samlresponse", "samlrequest"].map(of(PARAMETER)),
  ...["jwt"].map(of(TOKEN)),
  ...["cvv", "cvc", "ssn", "otp", "pin"].map(of(PASSWORD)),
]);

/** Ends of names: `DB_PASSWORD`, `x-amz-security-token`, `clientSecret`. */
const ENDS: readonly (readonly [string, number])[] = [
  ...["password", "passwd", "pwd", "passphrase", "passcode", "secret", "cardnumber"].map(of(PASSWORD)),
  ...["api", "access", "secret", "private", "account", "signing", "encryption", "subscription", "master"].map(
    (what) => of(PASSWORD)(`${what}key`),
  ),
  ...["token", "signature", "credential", "credentials", "sessionid"].map(of(TOKEN)),
  ["authorization", AUTHORIZATION],
  ["cookie", COOKIE],
];

/** The ends by their last letter, none for those of whole names: that letter decides about most colons and equals signs. */
const ENDS_BY_LETTER: ReadonlyMap<number, readonly (readonly [string, number])[]> = new Map(
  [...NAMES.keys(), ...ENDS.map(([end]) => end)].map((name) => [
    lastUnit(name),
    ENDS.filter(([end]) => lastUnit(end) === lastUnit(name)),
  ]),
);

/** Longest name that is looked at, in UTF-16 units; of a longer one the end. */
export const LONGEST_NAME = 64;

/** A name that says that a secret follows. */
export interface Name {
  readonly kind: number;
  readonly quoted: boolean;
  readonly start: number;
}

/** The name that ends before a separator; `undefined` if it is none of a secret. */
export function nameBefore(text: string, separator: number, from: number): Name | undefined {
  let end = separator;
  while (end > from && text.charCodeAt(end - 1) === SPACE && separator - end < 2) end--;
  let quoted = false;
  if (end > from && isAt(text, end - 1, QUOTE)) {
    quoted = true;
    end--;
    if (end > from && text.charAt(end - 1) === "\\") end--;
  } else if (end > from && text.charAt(end - 1) === "]") {
    // A form's `user[password]`.
    end--;
  }
  const ends = end <= from ? undefined : ENDS_BY_LETTER.get(text.charCodeAt(end - 1) | 0x20);
  if (ends === undefined) return undefined;
  let start = end;
  const least = Math.max(from, end - LONGEST_NAME);
  while (start > least && isAt(text, start - 1, NAME)) start--;
  const name = plainName(text, start, end);
  const kind = NAMES.get(name) ?? ends.find(([suffix]) => name.endsWith(suffix))?.[1];
  return kind === undefined ? undefined : { kind, quoted, start };
}

/** A name in lower case, without brackets of a form, dashes, dots, underscores and dollar signs. */
function plainName(text: string, start: number, end: number): string {
  let name = "";
  let from = start;
  for (let i = start; i < end; i++) {
    const char = text.charAt(i);
    const skipped = isAt(text, i, SKIPPED) && char !== "%" ? 1 : isBracketCode(text, i, end) ? 3 : 0;
    if (skipped === 0) continue;
    name += text.slice(from, i);
    from = i + skipped;
    i = from - 1;
  }
  return (name + text.slice(from, end)).toLowerCase();
}

/** An encoded bracket, `%5B` or `%5D`, within the name. */
function isBracketCode(text: string, place: number, end: number): boolean {
  if (text.charAt(place) !== "%" || place + 3 > end || text.charAt(place + 1) !== "5") return false;
  return "bdBD".includes(text.charAt(place + 2));
}

function lastUnit(name: string): number {
  return name.charCodeAt(name.length - 1);
}

function of(kind: number): (name: string) => readonly [string, number] {
  return (name) => [name, kind];
}
