// Finds JSON values in text: several after each other, behind other text, or cut off.

/** A piece of text that begins like an object or a list. */
export interface JsonText {
  readonly text: string;
  /** Its last bracket is there. */
  readonly isWhole: boolean;
}

const OPENING = /[[{]/g;
const NEXT_LINE = /\n[[{]/g;
/** After so many brackets that nothing closes, all others are looked up: a text that is cut off in each line is read once, not once a line. */
const FEW = 8;

/** The objects and lists in a text, each as its text; what stands between them is skipped. */
export function* jsonTexts(text: string): Generator<JsonText> {
  let at = 0;
  let unclosed = 0;
  let ends: Int32Array | undefined;
  for (;;) {
    OPENING.lastIndex = at;
    const opening = OPENING.exec(text);
    if (opening === null) return;
    const from = opening.index;
    const end = ends === undefined ? endOf(text, from) : (ends[from] as number);
    if (end !== NONE) {
      yield { text: text.slice(from, end), isWhole: true };
      at = end;
      continue;
    }
    // Where one is cut off, the next one begins in a line of its own.
    const next = nextLine(text, from + 1);
    yield { text: text.slice(from, next), isWhole: false };
    if (next === undefined) return;
    at = next;
    if (++unclosed === FEW) ends = endsFrom(text, at);
  }
}

function nextLine(text: string, from: number): number | undefined {
  NEXT_LINE.lastIndex = from;
  const next = NEXT_LINE.exec(text);
  return next === null ? undefined : next.index + 1;
}

/** In place of an end. */
const NONE = 0;

/** Behind the bracket that closes the one at `from`; `NONE` if there is none. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) depth++;
    else if ((char === CLOSE_BRACE || char === CLOSE_BRACKET) && --depth === 0) return i + 1;
  }
  return NONE;
}

/**
 * What `endOf` says of each opening bracket from `first` on. Read backwards, as one bracket may be in a string for one that is before it,
 * and not for another.
 */
function endsFrom(text: string, first: number): Int32Array {
  // A closing bracket has the end of the next one that is still to be matched behind it.
  const ends = new Int32Array(text.length);
  // The end of the nearest closing bracket to be matched, if the place that is read is outside a string, and if it is in one.
  let outside = NONE;
  let inside = NONE;
  for (let i = text.length - 1; i >= first; i--) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) {
      // In a string an escaped quote changes nothing; outside, any quote begins one.
      const before = isEscaped(text, i) ? inside : outside;
      outside = inside;
      inside = before;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      ends[i] = outside;
      if (outside !== NONE) outside = ends[outside - 1] as number;
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      ends[i] = outside;
      outside = i + 1;
    }
  }
  return ends;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The closing quote of the string at `from`; the end of the text if there is none. */
function endOfString(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at === -1) return text.length;
    if (!isEscaped(text, at)) return at;
  }
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

/** Lists within a span, or within a resource: their elements are no whole spans. */
const PARTS: ReadonlySet<string> = new Set([
  "attributes",
  "events",
  "links",
  "tags",
  "logs",
  "fields",
  "references",
  "annotations",
  "binaryAnnotations",
  "values",
  "warnings",
]);

/** A bracket that is not closed yet. */
interface Open {
  readonly closing: string;
  readonly isPart: boolean;
  readonly around: Open | undefined;
}

/**
 * The part of a text that was cut off which holds whole documents, with its brackets closed: of a request the spans before the cut.
 * `undefined` if there are none.
 */
export function mended(text: string): string | undefined {
  let open: Open | undefined;
  let key = "";
  let end = 0;
  // What is open at the end.
  let left: Open | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) {
      const to = endOfString(text, i);
      if (to - i < 32) key = text.slice(i + 1, to);
      i = to;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      const isPart = open?.isPart === true || (char === OPEN_BRACKET && PARTS.has(key));
      open = { closing: char === OPEN_BRACE ? "}" : "]", isPart, around: open };
      key = "";
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      open = open?.around;
      if (open?.closing !== "]" || open.isPart) continue;
      end = i + 1;
      left = open;
    }
  }
  if (left === undefined) return undefined;
  const closing: string[] = [];
  for (let one: Open | undefined = left; one !== undefined; one = one.around) closing.push(one.closing);
  return text.slice(0, end) + closing.join("");
}
