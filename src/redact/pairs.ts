// Takes out the values of names that name a secret, as in `password=…` or `"token": "…"`.
import {
  ALPHANUMERIC,
  COLON,
  classOf,
  DIGIT,
  EQUALS,
  isAt,
  isSpace,
  isWordAt,
  QUOTE,
  runEnd,
  spaceEnd,
  TOKEN68,
  UNDERSCORE,
} from "./char-class.ts";
import { looksSecretFrom, type WordFacts, wordFacts } from "./looks-secret.ts";
import {
  AUTHORIZATION,
  COOKIE,
  LONGEST_NAME,
  NAME,
  type Name,
  nameBefore,
  PARAMETER,
  PASSWORD,
} from "./names.ts";
import { REDACTED } from "./redacted.ts";

const SPACE = 0x20;
const SEPARATOR = EQUALS | COLON;
/** Schemes of an `Authorization`. */
const SCHEMES = ["bearer", "basic", "token", "apikey", "negotiate", "ntlm", "dpop"];

/** Values that are no secret, because they say that there is none. */
const PLAIN_WORDS: ReadonlySet<string> = new Set(
  "null undefined none nil nan true false yes no ? ... …".split(" "),
);
const LONGEST_PLAIN_WORD = 9;

/** From where to where a text is taken out. */
type Range = readonly [start: number, end: number];

/**
 * The text without the values of names that name a secret.
 *
 * @param isCut - a value in quotes reaches to the end if they are not closed
 */
export function redactPairs(text: string, isCut = false): string {
  let out = "";
  let from = 0;
  let scan: PairScan | undefined;
  for (let i = 1; i < text.length; i++) {
    if ((classOf(text.charCodeAt(i)) & SEPARATOR) === 0) continue;
    const name = nameBefore(text, i, from);
    if (name === undefined) continue;
    scan ??= new PairScan(text, isCut);
    const range = scan.secretAfter(i, name);
    if (range === undefined) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
    i = from - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** A value without quotes: several names may have the same end of it, as in `a:b:c`. */
interface Bare {
  /** It holds for values that begin from here to `stop`. */
  readonly from: number;
  /** Where what ends a value stands. */
  readonly stop: number;
  /** Where the value ends, without the marks of a sentence that goes on. */
  readonly end: number;
  readonly facts: WordFacts;
}

/**
 * Finds the values behind names, in the order in which they stand. Of what was read to its end the end is remembered: a
 * text with a name at every fourth character is read once all the same.
 */
class PairScan {
  readonly #text: string;
  readonly #isCut: boolean;
  #bare: Bare | undefined;
  /** The nearest end of a cookie's name. */
  #cookieStop = -1;

  constructor(text: string, isCut: boolean) {
    this.#text = text;
    this.#isCut = isCut;
  }

  /** Where the secret stands after a name and its separator; `undefined` if there is none. */
  secretAfter(separator: number, { kind, quoted, start }: Name): Range | undefined {
    const text = this.#text;
    if (kind === AUTHORIZATION) return credentialsAt(text, separator + 1);
    if (kind === COOKIE) return this.#cookiesAt(separator + 1);
    const equals = isAt(text, separator, EQUALS);
    const next = text.charAt(separator + 1);
    // A comparison, an arrow, a URL's scheme.
    if (equals ? next === "=" || next === ">" : next === "/" && text.charAt(separator + 2) === "/") {
      return undefined;
    }
    const name = { kind, quoted, start };
    // In a text that was cut quotes may not be closed; what does not look secret up to the end may do so as a word.
    const whole = this.#isCut ? this.#secretAt(separator, name, true) : undefined;
    return whole ?? this.#secretAt(separator, name, false);
  }

  #secretAt(separator: number, { kind, quoted, start }: Name, toEnd: boolean): Range | undefined {
    const text = this.#text;
    const equals = isAt(text, separator, EQUALS);
    const { range, inQuotes, facts } = this.#valueAt(separator + 1, toEnd);
    const [from, to] = range;
    if (from === to || isPlain(text, from, to)) return undefined;
    if (!inQuotes && "{[".includes(text.charAt(from))) return undefined;
    if (kind === PARAMETER) {
      const closed = text.charAt(to) === "&";
      const inQuery = start > 0 && "?&;#".includes(text.charAt(start - 1));
      return equals && (inQuery || closed) ? range : undefined;
    }
    if (equals || quoted || (inQuotes && kind === PASSWORD)) return range;
    return looksSecretFrom(text, from, to, facts ?? wordFacts(text, from, to)) ? range : undefined;
  }

  /** The value that begins at a place: within quotes, else up to where a value ends. */
  #valueAt(
    place: number,
    toEnd: boolean,
  ): {
    readonly range: Range;
    readonly inQuotes: boolean;
    readonly facts: WordFacts | undefined;
  } {
    const text = this.#text;
    let start = place;
    while (text.charCodeAt(start) === SPACE && start - place < 8) start++;
    const escaped = text.charAt(start) === "\\";
    const quote = escaped ? start + 1 : start;
    if (isAt(text, quote, QUOTE)) {
      // The next name with a quote of this sort ends the search for it.
      const found = closingQuote(text, quote + 1, text.charAt(quote), escaped);
      const closing = found < 0 && toEnd ? text.length : found;
      if (closing >= 0) return { range: [quote + 1, closing], inQuotes: true, facts: undefined };
      start = quote + 1;
    }
    const { end, facts } = this.#bareAt(start);
    return { range: [start, Math.max(start, end)], inQuotes: false, facts };
  }

  #bareAt(start: number): Bare {
    const known = this.#bare;
    if (known !== undefined && start >= known.from && start <= known.stop) return known;
    const text = this.#text;
    const stop = bareStop(text, start);
    let end = stop;
    // A sentence goes on after the value.
    while (end > start && ".,:!?)]}".includes(text.charAt(end - 1))) end--;
    const bare = { from: start, stop, end, facts: wordFacts(text, start, end) };
    this.#bare = bare;
    return bare;
  }

  /** Pairs of a `Cookie` or `Set-Cookie` field. */
  #cookiesAt(place: number): Range | undefined {
    const text = this.#text;
    const start = spaceEnd(text, place);
    if (this.#cookieStop < start) {
      this.#cookieStop = start;
      while (this.#cookieStop < text.length && !isCookieStop(text, this.#cookieStop, true))
        this.#cookieStop++;
    }
    let end = this.#cookieStop;
    if (end === start || !isAt(text, end, EQUALS)) return undefined;
    end = cookieEnd(text, end + 1);
    while (text.charAt(end) === ";") {
      const next = text.charCodeAt(end + 1) === SPACE ? end + 2 : end + 1;
      const nextEnd = cookieEnd(text, next);
      if (nextEnd === next) break;
      end = nextEnd;
    }
    return [start, end];
  }
}

function closingQuote(text: string, from: number, quote: string, escaped: boolean): number {
  if (escaped) return text.indexOf(`\\${quote}`, from);
  let at = text.indexOf(quote, from);
  while (at > from && text.charAt(at - 1) === "\\") at = text.indexOf(quote, at + 1);
  return at;
}

/** Where a value without quotes stops; rather too much of it than too little. */
function bareStop(text: string, start: number): number {
  let stop = start;
  for (; stop < text.length; stop++) {
    const unit = text.charCodeAt(stop);
    if (unit <= SPACE || unit === 0xa0 || isAt(text, stop, QUOTE)) break;
    const char = text.charAt(stop);
    if (char === "&" || char === ";" || char === "<" || char === ">") break;
    if (char === "\\" && isAt(text, stop + 1, QUOTE)) break;
    if (char === "," && beginsPair(text, stop + 1)) break;
  }
  return stop;
}

/** True if a comma ends a value: `user=x,password=y,host=z`. */
function beginsPair(text: string, start: number): boolean {
  const end = runEnd(text, start, NAME, start + LONGEST_NAME);
  return end > start && isAt(text, end, SEPARATOR);
}

function isCookieStop(text: string, place: number, inName: boolean): boolean {
  const unit = text.charCodeAt(place);
  if (isSpace(unit)) return true;
  const char = text.charAt(place);
  return char === ";" || char === "," || char === '"' || char === "'" || (inName && char === "=");
}

function cookieEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !isCookieStop(text, end, false)) end++;
  return end;
}

/** The credentials of an `Authorization` header; a scheme of parameters has names of its own. */
function credentialsAt(text: string, place: number): Range | undefined {
  let start = spaceEnd(text, place);
  const first = text.charAt(start);
  if (first === '"' || first === "'") start++;
  const scheme = SCHEMES.find(
    (name) => isWordAt(text, start, name) && isSpace(text.charCodeAt(start + name.length)),
  );
  const behind = scheme === undefined ? start : spaceEnd(text, start + scheme.length);
  const word = credentialAt(text, behind);
  if (word !== undefined) {
    const known = scheme !== undefined || looksSecretFrom(text, ...word, wordFacts(text, ...word));
    return known && !isPlain(text, ...word) ? word : undefined;
  }
  // What looked like a scheme is all there is.
  const alone = scheme === undefined ? undefined : credentialAt(text, start);
  return alone !== undefined && looksSecretFrom(text, ...alone, wordFacts(text, ...alone))
    ? alone
    : undefined;
}

/** Source: RFC 9110, section 11.2, `token68`. */
function credentialAt(text: string, start: number): Range | undefined {
  const letters = runEnd(text, start, TOKEN68);
  if (letters === start) return undefined;
  const end = runEnd(text, letters, EQUALS);
  return isAt(text, end, TOKEN68) ? undefined : [start, end];
}

/** True for a value that says nothing: a word for none, a placeholder, or what was taken out already. */
function isPlain(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length <= LONGEST_PLAIN_WORD && PLAIN_WORDS.has(text.slice(start, end).toLowerCase())) return true;
  const char = text.charAt(start);
  if (char === "%") return length === 2 && isAt(text, start + 1, ALPHANUMERIC | UNDERSCORE);
  if (char === "$") return length > 1 && runEnd(text, start + 1, DIGIT, end) === end;
  if (char === "[") return length >= REDACTED.length && isWordAt(text, start, REDACTED);
  if (char !== "*") return false;
  let stars = start;
  while (stars < end && text.charAt(stars) === "*") stars++;
  return stars === end;
}
