// Finds where a value begins and ends: in quotes however they are escaped, in brackets, or bare.
import {
  ALPHANUMERIC,
  COLON,
  DIGIT,
  EQUALS,
  isAt,
  isSpace,
  isWordAt,
  QUOTE,
  runEnd,
  UNDERSCORE,
} from "./char-class.ts";
import { type WordFacts, wordFacts } from "./looks-secret.ts";
import { LONGEST_NAME, NAME } from "./names.ts";
import { REDACTED } from "./redacted.ts";

const SPACE = 0x20;
const BACKSLASH = 0x5c;

/** From where to where a text is taken out. */
export type Range = readonly [start: number, end: number];

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

/** Where something is found next from anywhere in between; -1 if nowhere. */
interface Found {
  readonly from: number;
  readonly at: number;
}

/** A value, and how it stands there. */
export interface Value {
  readonly range: Range;
  readonly inQuotes: boolean;
  readonly facts: WordFacts | undefined;
  /** Bytes as Node.js prints them: digits are all they have. */
  readonly bytes?: true;
}

/** Most escapes before a quote: JSON in JSON in JSON. */
export const MOST_ESCAPES = 7;
/** Dumps align what they print. */
const MOST_SPACES = 40;
const BUFFER = "<Buffer ";
const BYTES = "Uint8Array(";
/** Letters before a quote in which Python writes bytes, and texts of other sorts. */
const QUOTE_PREFIXES = "bBrRuU";

/**
 * Finds values in the order in which they stand. Of what was read to its end the end is remembered: a text with a name at every
 * fourth character is read once all the same.
 */
export class ValueScan {
  readonly text: string;
  #bare: Bare | undefined;
  // Made when they are needed: most names have no value.
  #found: Map<string, Found> | undefined;
  #closing: Map<string, Found> | undefined;
  /** What was read of a bracket: from its beginning to its end. */
  #bracket: Found | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The value that begins at a place, behind spaces: within quotes, else up to where a value ends. */
  valueAt(place: number, toEnd: boolean): Value {
    const { text } = this;
    let start = skipSpaces(text, place);
    if (QUOTE_PREFIXES.includes(text.charAt(start) || " ") && quoteAt(text, start + 1) > 0) start++;
    const quote = quoteAt(text, start);
    if (quote > 0) {
      // The next name with a quote of this sort ends the search for it.
      const found = this.closingQuote(start, quote);
      const closing = found < 0 && toEnd ? text.length : found;
      if (closing >= 0) return { range: [quote, closing], inQuotes: true, facts: undefined };
      start = quote;
    }
    const bytes = bytesAt(text, start);
    if (bytes > 0) {
      const close = this.next(text.charAt(start) === "<" ? ">" : "]", bytes);
      const end = close < 0 ? text.length : spacesBefore(text, bytes, close);
      return { range: [bytes, end], inQuotes: true, facts: undefined, bytes: true };
    }
    const { end, facts } = this.bareAt(start);
    return { range: [start, Math.max(start, end)], inQuotes: false, facts };
  }

  /** Where the quote that ends at `quote`, escapes before it, is closed by another one with as many escapes; -1 if nowhere. */
  closingQuote(start: number, quote: number): number {
    const mark = this.text.slice(start, quote);
    this.#closing ??= new Map();
    const known = this.#closing.get(mark);
    if (known !== undefined && quote >= known.from && (known.at < 0 || quote <= known.at)) return known.at;
    let at = this.text.indexOf(mark, quote);
    while (at >= 0 && !this.#closes(at, mark.length)) at = this.text.indexOf(mark, at + 1);
    this.#closing.set(mark, { from: quote, at });
    return at;
  }

  /** One with more escapes belongs to a text within. */
  #closes(at: number, length: number): boolean {
    let escapes = at;
    while (this.text.charCodeAt(escapes - 1) === BACKSLASH && at - escapes < MOST_ESCAPES) escapes--;
    return length === 1 ? (at - escapes) % 2 === 0 : escapes === at;
  }

  /** Where a text stands next; -1 if nowhere. */
  next(what: string, from: number): number {
    this.#found ??= new Map();
    const known = this.#found.get(what);
    if (known !== undefined && from >= known.from && (known.at < 0 || from <= known.at)) return known.at;
    const at = this.text.indexOf(what, from);
    this.#found.set(what, { from, at });
    return at;
  }

  bareAt(start: number): Bare {
    const known = this.#bare;
    if (known !== undefined && start >= known.from && start <= known.stop) return known;
    const { text } = this;
    const stop = bareStop(text, start);
    let end = stop;
    // A sentence goes on after the value.
    while (end > start && ".,:!?)]}".includes(text.charAt(end - 1))) end--;
    const bare = { from: start, stop, end, facts: wordFacts(text, start, end) };
    this.#bare = bare;
    return bare;
  }

  /**
   * What stands in the bracket that opens there, to the end of the text if it is not closed; `undefined` if that is nothing, or was read
   * already.
   */
  bracketAt(open: number): Range | undefined {
    const { text } = this;
    if (this.#bracket !== undefined && open < this.#bracket.at) return undefined;
    let depth = 0;
    let end = open;
    for (; end < text.length; end++) {
      const char = text.charAt(end);
      if (char === "[" || char === "{") depth++;
      else if ((char === "]" || char === "}") && --depth === 0) break;
      // Brackets within a text in quotes are those of the text. Behind a letter a quote is an apostrophe.
      const quote = char === "\\" || isAt(text, end, QUOTE) ? quoteAt(text, end) : 0;
      if (quote === 0) continue;
      const closing = isAt(text, end - 1, ALPHANUMERIC) ? -1 : this.closingQuote(end, quote);
      end = (closing < 0 ? quote : closing + quote - end) - 1;
    }
    this.#bracket = { from: open, at: end };
    const first = skipSpaces(text, open + 1);
    if (first >= end || text.startsWith(REDACTED, open)) return undefined;
    return [first, end < text.length ? spacesBefore(text, first, end) : end];
  }
}

/** Behind the spaces that begin at a place. */
export function skipSpaces(text: string, place: number): number {
  let start = place;
  while (isSpace(text.charCodeAt(start)) && start - place < MOST_SPACES) start++;
  return start;
}

function spacesBefore(text: string, from: number, place: number): number {
  let end = place;
  while (end > from && text.charCodeAt(end - 1) === SPACE) end--;
  return end;
}

/** Behind a quote that stands there, with or without backslashes before it; 0 if there is none. */
export function quoteAt(text: string, place: number): number {
  let at = place;
  while (text.charCodeAt(at) === BACKSLASH && at - place < MOST_ESCAPES) at++;
  if (isAt(text, at, QUOTE)) return at + 1;
  return at === place && text.charAt(at) === "&" ? entityEnd(text, at) : 0;
}

const QUOTE_ENTITIES = ["&quot;", "&#34;", "&#39;", "&apos;"];

function entityEnd(text: string, place: number): number {
  const entity = QUOTE_ENTITIES.find((one) => text.startsWith(one, place));
  return entity === undefined ? 0 : place + entity.length;
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

const SEPARATOR = EQUALS | COLON;

/** Values that are no secret, because they say that there is none. */
const PLAIN_WORDS: ReadonlySet<string> = new Set(
  "null undefined none nil nan true false yes no ? ... …".split(" "),
);
const LONGEST_PLAIN_WORD = 9;

/** Where bytes begin that Node.js prints: `<Buffer 71 31>`, `Uint8Array(2) [ 113, 49 ]`; 0 if there are none. */
function bytesAt(text: string, start: number): number {
  if (text.startsWith(BUFFER, start)) return start + BUFFER.length;
  if (!text.startsWith(BYTES, start)) return 0;
  const length = runEnd(text, start + BYTES.length, DIGIT, start + BYTES.length + 8);
  return text.startsWith(") [ ", length) ? length + 4 : 0;
}

/** True for what stands in brackets if it is bytes in JSON: `{"type":"Buffer","data":[113]}`, `{"0":113,"1":49}`. */
export function isBytes(text: string, start: number, end: number): boolean {
  return text.startsWith("0", quoteAt(text, start) || end) || text.slice(start, end).includes("Buffer");
}

/** True for a value that says nothing: a word for none, a placeholder, or what was taken out already. */
export function isPlain(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length <= LONGEST_PLAIN_WORD && PLAIN_WORDS.has(text.slice(start, end).toLowerCase())) return true;
  const char = text.charAt(start);
  if (char === "%") return length === 2 && isAt(text, start + 1, ALPHANUMERIC | UNDERSCORE);
  if (char === "$") return length > 1 && runEnd(text, start + 1, DIGIT, end) === end;
  // Its bracket may have been left out as the end of a sentence.
  if (char === "[") return length >= REDACTED.length - 1 && isWordAt(text, start, REDACTED);
  if (char !== "*") return false;
  let stars = start;
  while (stars < end && text.charAt(stars) === "*") stars++;
  return stars === end;
}
