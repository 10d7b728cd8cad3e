// Reads what stands around a name of a secret: words between it and its value, and words before it that say what it means.
import {
  ALPHANUMERIC,
  classOf,
  DIGIT,
  isAt,
  isWordAt,
  LETTER,
  LOWER,
  QUOTE,
  runEnd,
  UPPER,
} from "./char-class.ts";
import { LONGEST_NAME, plainName } from "./names.ts";

/** Fewest digits of a code. */
export const LEAST_DIGITS = 3;

/** Behind words between a name and its value: `password is …`, `password with value …`. */
export function copulaEnd(text: string, place: number): number {
  let at = place;
  for (let words = 0; words < 2; words++) {
    const word = COPULAS.find((one) => isWordAt(text, at, one));
    if (word === undefined) break;
    at += word.length;
  }
  return at;
}

const COPULAS = ["is ", "was ", "to ", "with ", "value "];

/** Behind the mark `[1]` that joi writes. */
export function annotationEnd(text: string, place: number): number {
  const digits = text.startsWith(" [", place) ? runEnd(text, place + 2, DIGIT, place + 5) : place;
  return digits > place + 2 && text.startsWith("]:", digits) ? digits + 1 : place;
}

const CODES = [
  "verification",
  "confirmation",
  "security",
  "one-time",
  "time",
  "2fa",
  "mfa",
  "sms",
  "recovery",
  "login",
  "access",
];

/** `verification code`: that of an error or of a program is none. */
export function isCodeBefore(text: string, name: number, end: number): boolean {
  if (end - name !== 4 || !isWordAt(text, name, "code")) return false;
  return CODES.some((word) => isWordAt(text, name - word.length - 1, word));
}

export function hasDigits(text: string, start: number, end: number): boolean {
  return isAt(text, start, DIGIT) && digitsIn(text, start, end) >= LEAST_DIGITS;
}

function digitsIn(text: string, start: number, end: number): number {
  let digits = 0;
  for (let i = start; i < end && digits < LEAST_DIGITS; i++) if (isAt(text, i, DIGIT)) digits++;
  return digits;
}

/** A value of letters and digits: no path, flag, code or mark of a sentence. */
export function isWordy(text: string, place: number): boolean {
  return isAt(text, place, ALPHANUMERIC) || "!#$%&*+^_~".includes(text.charAt(place));
}

/** A value that begins with a letter beyond ASCII, or so: `Übung24`, `@dmin24`, `(hunter2`. Quotes, dashes and arrows are no letters. */
export function isOddWord(text: string, start: number): boolean {
  const unit = text.charCodeAt(start);
  return unit === 0x40 || unit === 0x28 || (unit >= 0xc0 && (unit < 0x2000 || unit > 0x303f));
}

/** `api key`, `access key`: the key of a database is none. */
export function isKeyBefore(text: string, place: number): boolean {
  return ["api", "access", "secret", "private", "license", "encryption"].some((word) => {
    const start = place - word.length - 1;
    return (
      start >= 0 &&
      isWordAt(text, start, word) &&
      !isAt(text, start - 1, LETTER | QUOTE) &&
      !isAt(text, place - 1, ALPHANUMERIC)
    );
  });
}

/** The name of a session, or of a token of its own, such as `pad_token`: they have numbers. */
export function isNumbered(text: string, start: number, end: number): boolean {
  const name = plainName(text, Math.max(start, end - LONGEST_NAME), end);
  return name !== "token" && ["session", "sessionid", "sid", "token"].some((one) => name.endsWith(one));
}

const LEAST_GRANT = 12;
/** How far into a value is looked: a text may have such a name at every place, and the values reach to its end. */
const MOST_GRANT = 64;

/** `_auth=…`, `code=…`: a long value of small letters, capitals and digits. The key of an object may be one, too, and is none. */
export function isGrant(text: string, name: number, [start, end]: readonly [number, number]): boolean {
  if (end - start < LEAST_GRANT || isWordAt(text, name, "key")) return false;
  let classes = 0;
  const stop = Math.min(end, start + MOST_GRANT);
  for (let i = start; i < stop; i++) classes |= classOf(text.charCodeAt(i));
  return [LOWER, UPPER, DIGIT].every((needed) => (classes & needed) !== 0);
}

/** Behind the groups of digits that follow a value: those of a phone. */
export function groupsEnd(text: string, place: number): number {
  let end = place;
  for (let groups = 0; groups < MOST_GROUPS && " -/.".includes(text.charAt(end) || "x"); groups++) {
    const next = runEnd(text, end + 1, DIGIT);
    if (next === end + 1) break;
    end = next;
  }
  return end;
}

const MOST_GROUPS = 6;

/** Words that say how it is with a password or what it must be. */
const STATES: ReadonlySet<string> = new Set(
  (
    "required missing invalid incorrect wrong expired empty mismatch unknown error failed failure denied rejected refused weak short long " +
    "disabled enabled optional mandatory string text number integer boolean object array hidden secret protected unset unchanged changed " +
    "accepted valid okay found none value option flag argument parameter field blank forbidden locked reset undefined default unsupported"
  ).split(" "),
);

/** True for one word up to the end of a text, of a list or to the next flag, which does not say how it is with a password. */
export function standsAlone(text: string, start: number, end: number): boolean {
  if (runEnd(text, start, LETTER, end) !== end || STATES.has(text.slice(start, end).toLowerCase()))
    return false;
  return end === text.length || ",;)}&".includes(text.charAt(end)) || text.startsWith(" -", end);
}
