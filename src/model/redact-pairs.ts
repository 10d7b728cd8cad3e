// Names and their values in a text, `password=…` or `"token": "…"`: the values of those that name a secret are taken out.

/** Stands in place of what was taken out. */
export const REDACTED = "[redacted]";

const EQUALS = 0x3d;
const COLON = 0x3a;
const SPACE = 0x20;
const QUOTES = "\"'`";

/** A name on its own says so little (`code`, `key`) that it counts in the query of a URL or a form alone. */
const PARAMETER = 1;
/** Prose may say "unexpected token: end": after a colon the value must look like one. */
const TOKEN = 2;
const PASSWORD = 3;
const AUTHORIZATION = 4;
const COOKIE = 5;

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

/** Last letters of all of these: most colons and equals signs are settled by the letter before them. */
const LAST_LETTERS: ReadonlySet<number> = new Set(
  [...NAMES.keys(), ...ENDS.map(([end]) => end)].map((name) => name.charCodeAt(name.length - 1)),
);

/** Longest name that is looked at, in UTF-16 units; of a longer one the end. */
const LONGEST_NAME = 64;

/** Nothing secret: words that say that there is none, placeholders, and what was taken out already. */
const PLAIN = /^(?:null|undefined|none|nil|nan|true|false|yes|no|\*+|\$\d+|\?|%\w|\.{3}|…|\[redacted\].*)$/is;

const CREDENTIALS =
  /\s*["']?(?:(bearer|basic|token|apikey|negotiate|ntlm|dpop)\s+)?([\w.~+/-]+=*)(?![\w=.~+/-])/iy;
const COOKIES = /\s*([^\s;,"'=]+=[^\s;,"']*(?:; ?[^\s;,"']+)*)/y;

/** A name that says that a secret follows. */
interface Name {
  readonly kind: number;
  readonly quoted: boolean;
  readonly start: number;
}

/** From where to where a text is taken out. */
type Range = readonly [start: number, end: number];

/** The text without the values of names that name a secret. One pass. */
export function redactPairs(text: string): string {
  let out = "";
  let from = 0;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== EQUALS && unit !== COLON) continue;
    const name = nameBefore(text, i, from);
    const range = name === undefined ? undefined : secretAfter(text, i, name);
    if (range === undefined) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
    i = from - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** True for a word that is rather a credential than a word of prose, a path or an address. */
export function looksSecret(word: string): boolean {
  if (word.length < 6 || word.startsWith("/") || word.startsWith(".") || word.includes("://")) return false;
  if (/\d/.test(word) && /[a-z]/i.test(word)) return true;
  // Base64 changes between small and capital letters as no name does.
  return (word.length >= 20 && !word.includes("/")) || (word.match(/[a-z][A-Z]/g)?.length ?? 0) >= 2;
}

/** The name that ends before a separator; `undefined` where it is none of a secret. */
function nameBefore(text: string, separator: number, from: number): Name | undefined {
  let end = separator;
  while (end > from && text.charCodeAt(end - 1) === SPACE && separator - end < 2) end--;
  let quoted = false;
  if (end > from && QUOTES.includes(text.charAt(end - 1))) {
    quoted = true;
    end--;
    if (end > from && text.charAt(end - 1) === "\\") end--;
  } else if (end > from && text.charAt(end - 1) === "]") {
    // A form's `user[password]`.
    end--;
  }
  if (end <= from || !LAST_LETTERS.has(text.charCodeAt(end - 1) | 0x20)) return undefined;
  let start = end;
  const least = Math.max(from, end - LONGEST_NAME);
  while (start > least && isNameUnit(text.charCodeAt(start - 1))) start--;
  const name = text
    .slice(start, end)
    .replace(/%5[bd]|[-_.$]/gi, "")
    .toLowerCase();
  const kind = NAMES.get(name) ?? ENDS.find(([suffix]) => name.endsWith(suffix))?.[1];
  return kind === undefined ? undefined : { kind, quoted, start };
}

function isNameUnit(unit: number): boolean {
  const letter = unit | 0x20;
  if ((letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x39)) return true;
  return unit === 0x5f || unit === 0x2d || unit === 0x2e || unit === 0x24 || unit === 0x25;
}

/** Where the secret stands after a name and its separator; `undefined` where there is none. */
function secretAfter(text: string, separator: number, { kind, quoted, start }: Name): Range | undefined {
  if (kind === AUTHORIZATION) return credentialsAt(text, separator + 1);
  if (kind === COOKIE) return matchAt(COOKIES, text, separator + 1, 1);
  const equals = text.charCodeAt(separator) === EQUALS;
  const next = text.charAt(separator + 1);
  // A comparison, an arrow, a URL's scheme.
  if (equals ? next === "=" || next === ">" : next === "/" && text.charAt(separator + 2) === "/") {
    return undefined;
  }
  const { range, inQuotes } = valueAt(text, separator + 1);
  const value = text.slice(range[0], range[1]);
  if (value === "" || PLAIN.test(value) || (!inQuotes && /^[{[]/.test(value))) return undefined;
  if (kind === PARAMETER) {
    const inQuery = /[?&;#]/.test(text.charAt(start - 1)) || (start > 0 && text.charAt(range[1]) === "&");
    return equals && (inQuery || text.charAt(range[1]) === "&") ? range : undefined;
  }
  if (equals || quoted || (inQuotes && kind === PASSWORD)) return range;
  return looksSecret(value) ? range : undefined;
}

/** The value that begins at a place: within quotes, else up to where a value ends. */
function valueAt(text: string, place: number): { readonly range: Range; readonly inQuotes: boolean } {
  let start = place;
  while (text.charCodeAt(start) === SPACE && start - place < 8) start++;
  const escaped = text.charAt(start) === "\\";
  const quote = text.charAt(escaped ? start + 1 : start);
  if (quote !== "" && QUOTES.includes(quote)) {
    const opening = start + (escaped ? 2 : 1);
    const closing = closingQuote(text, opening, quote, escaped);
    if (closing >= 0) return { range: [opening, closing], inQuotes: true };
    start = opening;
  }
  return { range: [start, bareEnd(text, start)], inQuotes: false };
}

function closingQuote(text: string, from: number, quote: string, escaped: boolean): number {
  if (escaped) return text.indexOf(`\\${quote}`, from);
  let at = text.indexOf(quote, from);
  while (at > from && text.charAt(at - 1) === "\\") at = text.indexOf(quote, at + 1);
  return at;
}

/** The end of a value without quotes; rather too much of it than too little. */
function bareEnd(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end++) {
    const char = text.charAt(end);
    if (char === "&" || char === ";" || char === "<" || char === ">" || QUOTES.includes(char)) break;
    if (char <= " " || char === "\u00a0") break;
    if (char === "\\" && QUOTES.includes(text.charAt(end + 1) || " ")) break;
    if (char === "," && beginsPair(text, end + 1)) break;
  }
  // A sentence goes on after the value.
  while (end > start && ".,:!?)]}".includes(text.charAt(end - 1))) end--;
  return end;
}

/** True where a comma ends a value: `user=x,password=y,host=z`. */
function beginsPair(text: string, start: number): boolean {
  let at = start;
  while (at - start < LONGEST_NAME && isNameUnit(text.charCodeAt(at))) at++;
  return at > start && (text.charCodeAt(at) === EQUALS || text.charCodeAt(at) === COLON);
}

/** The credentials of an `Authorization` header; a scheme of parameters has names of its own. */
function credentialsAt(text: string, place: number): Range | undefined {
  CREDENTIALS.lastIndex = place;
  const match = CREDENTIALS.exec(text);
  const word = match?.[2];
  if (word === undefined || PLAIN.test(word)) return undefined;
  if (match?.[1] === undefined && !looksSecret(word)) return undefined;
  return [CREDENTIALS.lastIndex - word.length, CREDENTIALS.lastIndex];
}

function matchAt(pattern: RegExp, text: string, place: number, group: number): Range | undefined {
  pattern.lastIndex = place;
  const found = pattern.exec(text)?.[group];
  return found === undefined ? undefined : [pattern.lastIndex - found.length, pattern.lastIndex];
}

function of(kind: number): (name: string) => readonly [string, number] {
  return (name) => [name, kind];
}
