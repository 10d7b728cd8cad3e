// Reads the credentials of an `Authorization` field: a scheme, and a token or parameters.
import { COLON, DASH, DIGIT, EQUALS, isAt, LETTER, runEnd, TOKEN68 } from "./char-class.ts";
import { looksLikeName, looksSecretFrom, wordFacts } from "./looks-secret.ts";
import { isPlain, quoteAt, type Range, skipSpaces, type ValueScan } from "./values.ts";
import { areOrdinary } from "./vocabulary.ts";

const LONGEST_SCHEME = 24;
const SCHEMES: ReadonlySet<string> = new Set(
  "bearer basic token apikey negotiate ntlm dpop digest hawk bot oauth oauth2 key hoba mutual aws4-hmac-sha256 aws4-ecdsa-p256-sha256 scram-sha-1 scram-sha-256".split(
    " ",
  ),
);

/** Finds credentials in the order in which they stand. */
export class CredentialScan {
  readonly #values: ValueScan;
  readonly #isCut: boolean;
  /** Where the last parameters end that were no credentials: those among them are read one by one, not all of them again. */
  #parametersEnd = -1;

  /** @param isCut - a field in quotes reaches to the end if they are not closed */
  constructor(values: ValueScan, isCut: boolean) {
    this.#values = values;
    this.#isCut = isCut;
  }

  /** The credentials of an `Authorization` field of any scheme. The scheme stays. */
  credentialsAt(place: number): Range | undefined {
    const { text } = this.#values;
    const start = skipSpaces(text, place);
    if (text.charAt(start) === "[" || text.charAt(start) === "{") return this.#values.bracketAt(start);
    const { range, inQuotes } = this.#values.valueAt(start, this.#isCut);
    const [from, to] = range;
    const word = runEnd(text, from, LETTER | DASH | DIGIT, from + LONGEST_SCHEME);
    const isScheme = word > from && text.charAt(word) === " ";
    const isToken = isScheme && looksLikeToken(text, from, word);
    if (inQuotes) {
      const first = isScheme && !isToken && word < to ? skipSpaces(text, word) : from;
      return first < to && !isPlain(text, first, to) && !areOrdinary(text, first, to)
        ? [first, to]
        : undefined;
    }
    const credentials = this.#bareAt(from, isScheme ? word : from);
    return isToken ? [from, credentials?.[1] ?? word] : credentials;
  }

  /** What stands behind a scheme, or without one, if it is no prose. */
  #bareAt(from: number, word: number): Range | undefined {
    const { text } = this.#values;
    const isScheme = word > from;
    const first = skipSpaces(text, word);
    const end = credentialsEnd(this.#values, first, first < this.#parametersEnd ? 1 : text.length);
    this.#parametersEnd = Math.max(this.#parametersEnd, end);
    if (end === first || isPlain(text, first, end)) return undefined;
    if (isScheme && isKnownScheme(text, from, word) && !areOrdinary(text, first, end)) return [first, end];
    if (isScheme && text.slice(first, end).includes("=")) return [first, end];
    if (!isScheme && end === text.length && !areOrdinary(text, first, end)) return [first, end];
    return looksSecretFrom(text, first, end, wordFacts(text, first, end)) ? [first, end] : undefined;
  }
}

/** True for a token without a scheme: it has more groups of digits than a name. In a dump of fields on one line the next name stands behind it. */
function looksLikeToken(text: string, start: number, end: number): boolean {
  if (end - start < LEAST_TOKEN || isKnownScheme(text, start, end) || looksLikeName(text, start, end))
    return false;
  let groups = 0;
  for (let i = start; i < end; i++) if (isAt(text, i, DIGIT) && !isAt(text, i + 1, DIGIT)) groups++;
  const field = runEnd(text, end + 1, LETTER | DASH, end + LONGEST_SCHEME);
  return groups > (isAt(text, field, COLON) ? 1 : 2);
}

const LEAST_TOKEN = 12;

function isKnownScheme(text: string, start: number, end: number): boolean {
  return SCHEMES.has(text.slice(start, end).toLowerCase());
}

/**
 * Behind a token, or behind parameters with commas between them. Source: RFC 9110, section 11.4.
 *
 * @param most - so many parameters at most
 */
function credentialsEnd(values: ValueScan, start: number, most: number): number {
  const { text } = values;
  let end = start;
  for (let parameters = 0; parameters < most; parameters++) {
    const letters = runEnd(text, end, TOKEN68);
    let next = runEnd(text, letters, EQUALS);
    const quote = next > letters ? quoteAt(text, next) : 0;
    if (quote > 0) {
      const closing = values.closingQuote(next, quote);
      if (closing > 0) next = closing + quote - next;
    } else if (next > letters) next = runEnd(text, next, TOKEN68 | COLON);
    if (next === end) return end;
    end = next;
    const comma = skipSpaces(text, text.charAt(end) === "," ? end + 1 : end);
    if (text.charAt(end) !== "," || !isAt(text, runEnd(text, comma, TOKEN68), EQUALS)) return end;
    end = comma;
  }
  return end;
}
