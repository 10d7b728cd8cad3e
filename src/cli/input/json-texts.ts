// Finds JSON values in text: several after each other, behind other text, or cut off.

/** A piece of text that begins like an object or a list. */
export interface JsonText {
  readonly text: string;
  /** Its last bracket is there. */
  readonly isWhole: boolean;
}

const OPENING = /[[{]/g;

/** The objects and lists in a text, each as its text; what stands between them is skipped. */
export function* jsonTexts(text: string): Generator<JsonText> {
  let at = 0;
  for (;;) {
    OPENING.lastIndex = at;
    const opening = OPENING.exec(text);
    if (opening === null) return;
    const from = opening.index;
    const end = endOf(text, from);
    if (end !== undefined) {
      yield { text: text.slice(from, end), isWhole: true };
      at = end;
      continue;
    }
    // Where one is cut off, the next one begins in a line of its own.
    const next = nextLine(text, from + 1);
    yield { text: text.slice(from, next), isWhole: false };
    if (next === undefined) return;
    at = next;
  }
}

function nextLine(text: string, from: number): number | undefined {
  const next = text.slice(from).search(/\n[[{]/);
  return next === -1 ? undefined : from + next + 1;
}

/** Behind the bracket that closes the one at `from`; `undefined` if there is none. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) depth++;
    else if ((char === CLOSE_BRACE || char === CLOSE_BRACKET) && --depth === 0) return i + 1;
  }
  return undefined;
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
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
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

/**
 * The part of a text that was cut off which holds whole documents, with its brackets closed: of a request the spans before the cut.
 * `undefined` if there are none.
 */
export function mended(text: string): string | undefined {
  const open: { readonly closing: string; readonly isPart: boolean }[] = [];
  let key = "";
  let found: string | undefined;
  let end = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) {
      const to = endOfString(text, i);
      if (to - i < 32) key = text.slice(i + 1, to);
      i = to;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      const isPart = char === OPEN_BRACKET && PARTS.has(key);
      open.push({ closing: char === OPEN_BRACE ? "}" : "]", isPart: isPart || open.at(-1)?.isPart === true });
      key = "";
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      open.pop();
      const around = open.at(-1);
      if (around?.closing === "]" && !around.isPart) {
        end = i + 1;
        found = "";
        for (let j = open.length - 1; j >= 0; j--) found += open[j]?.closing;
      }
    }
  }
  return found === undefined ? undefined : text.slice(0, end) + found;
}
