// Takes out what stands next to a name of a secret, whatever stands between: `password=…`, `"token": "…"`, `--password …`, `<pin>…<`.
import {
  annotationEnd,
  copulaEnd,
  groupsEnd,
  hasDigits,
  isCodeBefore,
  isGrant,
  isKeyBefore,
  isNumbered,
  isOddWord,
  isWordy,
  LEAST_DIGITS,
  standsAlone,
} from "./around-names.ts";
import { ALPHANUMERIC, COLON, classOf, DASH, DIGIT, isAt, isWordAt, LETTER, runEnd } from "./char-class.ts";
import { CookieScan } from "./cookies.ts";
import { CredentialScan } from "./credentials.ts";
import { looksLikeName, looksSecretFrom, wordFacts } from "./looks-secret.ts";
import {
  AUTHORIZATION,
  CODE,
  COOKIE,
  isNameLetter,
  kindOfName,
  NAME,
  type NameRules,
  PARAMETER,
  PASSWORD,
  PERSONAL,
  TOKEN,
} from "./names.ts";
import { REDACTED } from "./redacted.ts";
import { isBytes, isPlain, quoteAt, type Range, skipSpaces, type Value, ValueScan } from "./values.ts";
import { areOrdinary } from "./vocabulary.ts";

/** How a value stands behind a name. */
interface Place {
  readonly kind: number;
  /** Start and end of the name, and the place at which the value may begin. */
  readonly name: number;
  readonly end: number;
  readonly value: number;
  /** The name stands in quotes. */
  readonly quoted: boolean;
}

/** Shortest value behind a name without a separator. */
const LEAST_IN_PROSE = 4;
const CDATA = "<![CDATA[";
/** Most digits of a number that counts something. */
const MOST_COUNT = 6;

/**
 * The text without the values of names that name a secret.
 *
 * @param isCut - a value in quotes reaches to the end if they are not closed
 */
export function redactPairs(text: string, isCut = false, rules?: NameRules): string {
  let out = "";
  let from = 0;
  let start = -1;
  let last = 0;
  let scan: PairScan | undefined;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const own = unit >= 128 && isNameLetter(unit, rules) ? LETTER : classOf(unit);
    if ((own & NAME) !== 0) {
      if (start < 0) start = i;
      if ((own & ALPHANUMERIC) !== 0) last = i + 1;
      continue;
    }
    if (start < 0) continue;
    const kind = last > start ? kindOfName(text, start, last, rules) : 0;
    const name = start;
    start = -1;
    if (kind === 0) continue;
    scan ??= new PairScan(text, isCut);
    const range = scan.secretAfter(kind, name, last);
    if (range === undefined) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
    i = from - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

class PairScan {
  readonly #text: string;
  readonly #isCut: boolean;
  readonly #values: ValueScan;
  readonly #cookies: CookieScan;
  readonly #credentials: CredentialScan;

  constructor(text: string, isCut: boolean) {
    this.#text = text;
    this.#isCut = isCut;
    this.#values = new ValueScan(text);
    this.#cookies = new CookieScan(this.#values, isCut);
    this.#credentials = new CredentialScan(this.#values, isCut);
  }

  /** What must be taken out behind a name; `undefined` if there is nothing. */
  secretAfter(kind: number, name: number, end: number): Range | undefined {
    const text = this.#text;
    const behind = quoteAt(text, end);
    const quoted = behind > 0;
    let next = quoted ? behind : end;
    // `user[password]`, `headers['cookie']`, `password[]=`, `password[0]=`.
    const index = text.charAt(next) === "[" ? runEnd(text, next + 1, DIGIT, next + 4) : next;
    if (text.charAt(next) === "]") next++;
    else if (index > next && text.startsWith("]=", index)) next = index + 1;
    const at = skipSpaces(text, quoted ? annotationEnd(text, next) : next);
    const place = {
      kind: kind === PARAMETER && isCodeBefore(text, name, end) ? CODE : kind,
      name,
      end,
      quoted,
    };
    if (text.startsWith(REDACTED, at)) return undefined;
    switch (text.charAt(at)) {
      case "=":
        return this.#afterEquals(at, place);
      case ":":
        return text.startsWith("//", at + 1)
          ? undefined
          : this.#afterSeparator({ ...place, value: at + 1 }, false);
      case ",":
        return quoted ? this.#afterComma(at, place) : undefined;
      case ">":
        return at === end ? this.#inElement(at + 1, place) : undefined;
      case "-":
        return this.#inProse(skipSpaces(text, text.charAt(at + 1) === ">" ? at + 2 : at), place);
      case "(":
      case "[":
      case "|":
      case "<":
        return this.#inProse(skipSpaces(text, at + 1), place);
      default:
        if (at === next || at - next > 1) return undefined;
        if (quoted) return isWordAt(text, name - 6, 'name="') ? this.#part(at) : this.#inProse(at, place);
        return this.#withAttributes(at, place) ?? this.#afterSpace(at, place);
    }
  }

  #afterEquals(at: number, place: Omit<Place, "value">): Range | undefined {
    const { kind, quoted } = place;
    const next = this.#text.charAt(at + 1);
    // A comparison.
    if (next === "=") return undefined;
    if (next !== ">") return this.#afterSeparator({ ...place, value: at + 1 }, true);
    const value = this.#values.valueAt(at + 2, this.#isCut);
    if (!value.inQuotes && !quoted && kind !== PASSWORD) return undefined;
    return this.#taken(value);
  }

  #afterSeparator(place: Place, equals: boolean): Range | undefined {
    const text = this.#text;
    const { kind, value } = place;
    if (kind === AUTHORIZATION) return this.#credentials.credentialsAt(value);
    if (kind === COOKIE) return this.#cookies.cookiesAt(value);
    const first = skipSpaces(text, value);
    if (kind !== PARAMETER && (text.charAt(first) === "[" || text.charAt(first) === "{")) {
      if (equals && kind !== PASSWORD) return undefined;
      const bracket = this.#values.bracketAt(first);
      if (bracket === undefined || !areOrdinary(text, ...bracket)) return bracket;
      return isBytes(text, ...bracket) ? bracket : undefined;
    }
    // In a text that was cut quotes may not be closed; what does not look secret up to the end may do so as a word.
    const whole = this.#isCut ? this.#ofKind(place, equals, this.#values.valueAt(value, true)) : undefined;
    return whole ?? this.#ofKind(place, equals, this.#values.valueAt(value, false));
  }

  #ofKind({ kind, name, end, quoted }: Place, equals: boolean, value: Value): Range | undefined {
    const text = this.#text;
    const { range, inQuotes, facts } = value;
    const [from, to] = range;
    if (from === to || isPlain(text, from, to)) return undefined;
    if (!inQuotes && "{[".includes(text.charAt(from))) return undefined;
    const inForm = text.charAt(to) === "&" || (name > 0 && "?&;#".includes(text.charAt(name - 1)));
    if (kind === PARAMETER) return equals && (inForm || isGrant(text, name, range)) ? range : undefined;
    if (kind === PERSONAL) {
      if (equals || inQuotes) return range;
      return isAt(text, from, DIGIT) ? [from, groupsEnd(text, to)] : undefined;
    }
    if (value.bytes) return range;
    // A number of tokens, or of a session. A code that is sent as a token has more digits.
    if (kind === TOKEN && !inQuotes && to - from <= MOST_COUNT && runEnd(text, from, DIGIT, to) === to) {
      const counts = !equals || isWordAt(text, end - 1, "s") || (!inForm && isNumbered(text, name, end));
      if (counts || to - from <= LEAST_DIGITS) return undefined;
    }
    if (equals || quoted || (inQuotes && kind !== TOKEN)) return range;
    if (kind === CODE) return hasDigits(text, from, to) ? range : undefined;
    if (kind === PASSWORD && !inQuotes) {
      const mixed = facts !== undefined && facts.digit >= from && facts.letter >= from;
      if (to - from < LEAST_IN_PROSE || !(isWordy(text, from) || (mixed && isOddWord(text, from))))
        return undefined;
      return !areOrdinary(text, from, to) || standsAlone(text, from, to) ? range : undefined;
    }
    if (looksLikeName(text, from, to)) return undefined;
    return looksSecretFrom(text, from, to, facts ?? wordFacts(text, from, to)) ? range : undefined;
  }

  /** The next of a list, or the value of an object that names it: `['x-api-key', '…']`, `{"name": "PASSWORD", "value": "…"}`. */
  #afterComma(at: number, place: Omit<Place, "value">): Range | undefined {
    const text = this.#text;
    const next = skipSpaces(text, at + 1);
    const quote = quoteAt(text, next);
    const word = quote === 0 ? next : quote;
    if (isWordAt(text, word, "value")) {
      const colon = skipSpaces(text, quoteAt(text, word + 5) || word + 5);
      if (isAt(text, colon, COLON)) return this.#taken(this.#values.valueAt(colon + 1, this.#isCut));
    }
    if (quote === 0 || place.kind === PERSONAL || place.kind === PARAMETER) return undefined;
    const value = this.#values.valueAt(next, this.#isCut);
    const behind = skipSpaces(text, quoteAt(text, value.range[1]) || value.range[1]);
    if (isAt(text, behind, COLON) || areOrdinary(text, ...value.range)) return undefined;
    return place.kind === AUTHORIZATION ? this.#credentials.credentialsAt(next) : this.#taken(value);
  }

  /** What stands in an element of XML. */
  #inElement(start: number, { name }: Omit<Place, "value">): Range | undefined {
    const text = this.#text;
    const before = text.charAt(name - 1);
    if (before !== "<" && before !== ":") return undefined;
    if (text.startsWith(CDATA, start)) {
      const end = this.#values.next("]]>", start);
      return [start + CDATA.length, end < 0 ? text.length : end];
    }
    const tag = this.#values.next("<", start);
    const end = tag >= 0 ? tag : this.#values.bareAt(start).end;
    return end > start && !isPlain(text, start, end) ? [start, end] : undefined;
  }

  /** `<Password Type="…">…<`. */
  #withAttributes(at: number, place: Omit<Place, "value">): Range | undefined {
    const before = this.#text.charAt(place.name - 1);
    if (before !== "<" && before !== ":") return undefined;
    const close = this.#values.next(">", at);
    const open = this.#values.next("<", at);
    return close > 0 && (open < 0 || close < open) ? this.#inElement(close + 1, place) : undefined;
  }

  /** A part of a form, up to the next boundary. */
  #part(start: number): Range | undefined {
    const boundary = this.#values.next(" --", start);
    const end = boundary < 0 ? this.#text.length : boundary;
    return end > start && !isPlain(this.#text, start, end) ? [start, end] : undefined;
  }

  /** A flag's value, or a word of prose. */
  #afterSpace(at: number, place: Omit<Place, "value">): Range | undefined {
    const text = this.#text;
    if (place.kind === COOKIE || place.kind === AUTHORIZATION) return undefined;
    if (!isAt(text, place.name, DASH)) return this.#inProse(copulaEnd(text, at), place);
    if (isAt(text, at, DASH) || place.kind === PARAMETER || place.kind === PERSONAL) return undefined;
    const value = this.#values.valueAt(at, this.#isCut);
    const stays = !value.inQuotes && areOrdinary(text, ...value.range) && !standsAlone(text, ...value.range);
    return stays ? undefined : this.#taken(value);
  }

  #inProse(at: number, { kind, name, quoted }: Omit<Place, "value">): Range | undefined {
    const text = this.#text;
    if (kind === PERSONAL) return undefined;
    if (kind === PARAMETER && !(isWordAt(text, name, "key") && isKeyBefore(text, name))) return undefined;
    const value = this.#values.valueAt(at, this.#isCut);
    const [from, to] = value.range;
    if (to - from < LEAST_DIGITS || isPlain(text, from, to)) return undefined;
    if (kind === CODE) return hasDigits(text, from, to) ? value.range : undefined;
    if (areOrdinary(text, from, to) || !isWordy(text, from)) return undefined;
    if (kind === PASSWORD)
      return to - from >= LEAST_IN_PROSE && (value.inQuotes || !quoted) ? value.range : undefined;
    if (to - from < 8 || looksLikeName(text, from, to)) return undefined;
    return looksSecretFrom(text, from, to, value.facts ?? wordFacts(text, from, to))
      ? value.range
      : undefined;
  }

  #taken({ range }: Value): Range | undefined {
    return range[0] < range[1] && !isPlain(this.#text, ...range) ? range : undefined;
  }
}
