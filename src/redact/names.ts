// Recognises names that say that a secret, or something personal, stands next to them.
import {
  ALPHANUMERIC,
  DASH,
  DIGIT,
  DOLLAR_PERCENT,
  DOT,
  isAt,
  isWordAt,
  lastTwo,
  UNDERSCORE,
} from "./char-class.ts";

/** Characters that make no difference between names; of a percent sign only an encoded bracket. */
export const SKIPPED: number = UNDERSCORE | DASH | DOT | DOLLAR_PERCENT;
export const NAME: number = ALPHANUMERIC | SKIPPED;

/** A short name (`code`, `key`) is too common: it counts only in the query of a URL or in a form. */
export const PARAMETER = 1;
/** Prose may say "unexpected token: end": the value must look like one. */
export const TOKEN = 2;
export const PASSWORD = 3;
export const AUTHORIZATION = 4;
export const COOKIE = 5;
/** A value of digits. */
export const CODE = 6;
/** Personal data: in quotes, in a form or an element alone. */
export const PERSONAL = 7;

/** Names as a whole, in lower case, without dashes, dots and underscores. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ...["key", "code", "sig", "auth", "ticket", "assertion", "samlresponse", "samlrequest"].map(of(PARAMETER)),
  ...[
    "jwt",
    "sid",
    "csrf",
    "xsrf",
    "session",
    "secret",
    "connectsid",
    "phpsessid",
    "sharedaccesskey",
    "bearer",
  ].map(of(TOKEN)),
  ...[
    "pass",
    "pw",
    "passwort",
    "kennwort",
    "motdepasse",
    "contrasena",
    "contraseña",
    "senha",
    "pan",
    "iban",
  ].map(of(PASSWORD)),
  ...["cvv", "cvc", "cvv2", "csc", "ssn", "otp", "totp", "pin", "tan"].map(of(CODE)),
  ...[
    "email",
    "mail",
    "phone",
    "mobile",
    "dob",
    "surname",
    "nickname",
    "nick",
    "street",
    "born",
    "birth",
    "cardholder",
  ].map(of(PERSONAL)),
]);

/** Ends of names: `DB_PASSWORD`, `x-amz-security-token`, `clientSecret`. */
const ENDS: readonly (readonly [string, number])[] = [
  ...["password", "passwd", "pwd", "passphrase", "passcode", "secret", "cardnumber", "creditcard"].map(
    of(PASSWORD),
  ),
  ...[
    "dbpass",
    "userpass",
    "smtppass",
    "mailpass",
    "ftppass",
    "proxypass",
    "adminpass",
    "secretvalue",
    "requirepass",
    "masterauth",
    "redispass",
    "mongopass",
    "mysqlpass",
    "postgrespass",
    "rabbitpass",
    "amqppass",
    "ldappass",
    "rootpass",
    "loginpass",
    "authpass",
  ].map(of(PASSWORD)),
  ...[
    "passwordhash",
    "passwordconfirmation",
    "passwordconfirm",
    "xauth",
    "passwordrepeat",
    "passwordagain",
  ].map(of(PASSWORD)),
  ...["accountnumber", "socialsecuritynumber", "passportnumber", "taxid", "nationalid"].map(of(PASSWORD)),
  ...[
    "api",
    "access",
    "secret",
    "private",
    "account",
    "signing",
    "encryption",
    "subscription",
    "master",
    "license",
  ].map((what) => of(PASSWORD)(`${what}key`)),
  ...["authorizationcode", "devicecode", "codeverifier", "signaturevalue"].map(of(TOKEN)),
  ...["token", "tokenvalue", "signature", "credential", "sessionid", "sessionkey", "sessid", "authkey"].map(
    of(TOKEN),
  ),
  ...[
    "accesscode",
    "authcode",
    "recoverycode",
    "onetimecode",
    "verificationcode",
    "securitycode",
    "pincode",
  ].map(of(CODE)),
  ...["phonenumber", "mobilenumber", "firstname", "lastname", "fullname", "familyname", "givenname"].map(
    of(PERSONAL),
  ),
  ...["birthdate", "dateofbirth", "birthday", "emailaddress"].map(of(PERSONAL)),
  ["authorization", AUTHORIZATION],
  ["cookie", COOKIE],
];

/** The ends by their last two letters. */
const ENDS_BY_TWO: ReadonlyMap<number, readonly (readonly [string, number])[]> = new Map(
  ENDS.map(([end]) => [lastTwo(end, end.length), ENDS.filter(([other]) => other.endsWith(end.slice(-2)))]),
);

/** All ends of names, and all names beside, and their plurals. */
export const NAME_ENDS: readonly string[] = ENDS.map(([end]) => end).flatMap(withPlural);
export const NAME_FORMS: readonly string[] = [...NAMES.keys()].flatMap(withPlural);

/** 1 for the last two letters of a name, which decide about most words. */
const LAST_TWO: Uint8Array = new Uint8Array(1024);
for (const form of [...NAME_FORMS, ...NAME_ENDS]) LAST_TWO[lastTwo(form, form.length)] = 1;

function withPlural(name: string): readonly string[] {
  return [name, `${name}s`];
}

/** Longest name that is looked at, in UTF-16 units; of a longer one the end. */
export const LONGEST_NAME = 64;

/** What a service adds: names after which values are taken out, and names after which none are. */
export interface NameRules {
  readonly names: ReadonlySet<string>;
  readonly allow: ReadonlySet<string>;
  /** As {@link lastTwoOf} of `names`. */
  readonly lastTwo: Uint8Array;
  /** As {@link lettersOf} of all of them. */
  readonly letters: ReadonlySet<number>;
}

/** 1 for the last two letters of these names and of our own. */
export function lastTwoOf(names: readonly string[]): Uint8Array {
  const ends = LAST_TWO.slice();
  // What makes no difference may stand before the last one, too: `customer_ref_2`.
  for (const name of names)
    for (const form of [name, `${name}s`, name.toUpperCase()])
      for (const before of [form.slice(-2, -1), "_", "-", "."])
        ends[lastTwo(before + form.slice(-1), before.length + 1)] = 1;
  return ends;
}

/** The letters beyond ASCII, as UTF-16 units, of these names and of our own. Any other ends a name: not all scripts have spaces. */
export function lettersOf(names: readonly string[]): ReadonlySet<number> {
  const letters = new Set<number>();
  for (const name of [...names, ...NAMES.keys()])
    for (const form of [name.toLowerCase(), name.toUpperCase()])
      for (let i = 0; i < form.length; i++) if (form.charCodeAt(i) >= 128) letters.add(form.charCodeAt(i));
  return letters;
}

const LETTERS: ReadonlySet<number> = lettersOf([]);

/** True for a letter beyond ASCII that is part of a name. */
export function isNameLetter(unit: number, rules?: NameRules): boolean {
  return (rules?.letters ?? LETTERS).has(unit);
}

/** The kind of the name that stands there; 0 if it is none of a secret. */
export function kindOfName(text: string, start: number, wordEnd: number, rules?: NameRules): number {
  let end = wordEnd;
  // A form's `user%5Bpassword%5D`, `password%5B%5D`.
  while (end > start && isBracketCode(text, end - 3, end)) end -= 3;
  const numbered = end;
  while (end > start && numbered - end < 2 && isAt(text, end - 1, DIGIT) && isAt(text, end - 2, NAME)) end--;
  // `DB_PASSWORD_1`.
  const hasDash = end < numbered && isAt(text, end - 1, DASH);
  if (hasDash || (end < numbered && isAt(text, end - 1, UNDERSCORE))) end--;
  const ends = rules?.lastTwo ?? LAST_TWO;
  const mayBeAdded = rules !== undefined && ends[lastTwo(text, numbered)] === 1;
  if (end - start < 2 || (ends[lastTwo(text, end)] === 0 && !mayBeAdded)) return 0;
  const name = plainName(text, Math.max(start, end - LONGEST_NAME), end);
  // What a service says of `token2` counts more than what it says of `token`.
  for (const last of rules === undefined ? [] : [numbered, end]) {
    const own = last === end ? name : plainName(text, Math.max(start, last - LONGEST_NAME), last);
    if (rules?.allow.has(own)) return 0;
    if (rules?.names.has(own) || (own.endsWith("s") && rules?.names.has(own.slice(0, -1)))) return PASSWORD;
  }
  const known = kindOf(name) || (name.endsWith("s") ? kindOf(name.slice(0, -1)) : 0);
  const kind = known === 0 && isPassPart(text, start, end) ? PASSWORD : known;
  // Instances of a service have such names: `mail-0:25`.
  return hasDash && kind !== PASSWORD && kind !== TOKEN ? 0 : kind;
}

/** `ansible_become_pass`, `db-pw`: the last part of a name. */
function isPassPart(text: string, start: number, end: number): boolean {
  return PASS_PARTS.some((part) => {
    const at = end - part.length;
    return at > start && isWordAt(text, at, part) && isAt(text, at - 1, SKIPPED);
  });
}

const PASS_PARTS = ["pass", "pw"];

function kindOf(name: string): number {
  const whole = NAMES.get(name);
  if (whole !== undefined) return whole;
  return ENDS_BY_TWO.get(lastTwo(name, name.length))?.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 0;
}

/** A name in lower case, without brackets of a form, dashes, dots, underscores and dollar signs. */
export function plainName(text: string, start: number, end: number): string {
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
  if (place < 0 || text.charAt(place) !== "%" || place + 3 > end || text.charAt(place + 1) !== "5")
    return false;
  return "bdBD".includes(text.charAt(place + 2));
}

function of(kind: number): (name: string) => readonly [string, number] {
  return (name) => [name, kind];
}
