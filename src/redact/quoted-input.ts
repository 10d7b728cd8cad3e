// Takes out what validators and parsers quote of their input: what stands in quotes behind `received`, `got`, `value` and the like.
import { ALPHANUMERIC, isAt, isSpace, isWordAt, LETTER, QUOTE, runEnd, UPPER } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { quoteAt, type Range, skipSpaces, ValueScan } from "./values.ts";
import { areOrdinary } from "./vocabulary.ts";

/** Words before a value that somebody gave. */
const INTRODUCERS: ReadonlySet<string> = new Set(
  (
    "value values received receive got was input argument arguments provided given entered actual found string name " +
    "command strategy literal data originalvalue stringvalue castvalue before but record row raw args argv spawnargs auth consideredvalue character number integer date time timezone uuid url uri id parse convert unmarshal " +
    "instance rejectedvalue invalidvalue subject audience issuer expected params parameters bindings email mail parsing variant float"
  ).split(" "),
);
/** All words before a quote that mean something. */
export const INTRODUCING_WORDS: readonly string[] = [...INTRODUCERS, "option", "address"];
const ADDRESSES: ReadonlySet<string> = new Set(["url", "uri"]);
const LONGEST_INTRODUCER = 15;
/** `--name=`. */
const LONGEST_OPTION = 32;
/** Between such a word and the quote: a colon, a bracket, another quote, spaces. */
const MOST_BETWEEN = 6;

/** Messages of which every quoted text is input. */
const ALL_INPUT = [
  "expected values to be",
  "the input did not match",
  "expected '",
  'expected "',
  "expected {",
];

/** Shortest input that is taken out. */
const LEAST = 2;

/** The text without the values that a validator or parser quotes of its input. Ordinary words stay: `got "string"`. */
export function redactQuotedInput(text: string, isCut = false): string {
  let out = "";
  let from = 0;
  let values: ValueScan | undefined;
  /** Behind the last text in quotes that was input. */
  let list = -1;
  // Many quotes may be closed by the same one, when those between are escaped.
  let closed = -1;
  let isRefused = false;
  const all = isAllInput(text);
  for (let i = 0; i < text.length; i++) {
    if (!isAt(text, i, QUOTE)) continue;
    const open = escapesBefore(text, i);
    if (isAt(text, open - 1, ALPHANUMERIC)) continue;
    values ??= new ValueScan(text);
    const closing = values.closingQuote(i, i + 1);
    if (closing !== closed) {
      closed = closing;
      isRefused = isRefusedAt(text, closing);
    }
    const isNext = list >= 0 && isBeside(text, list, open);
    if (!(all || isNext || isRefused || isIntroduced(text, open))) continue;
    // What follows in a list is input, too.
    list = closing < 0 ? -1 : closing + 1;
    const range = inputAt(values, open, isCut);
    if (range === undefined) {
      if (closing > 0) i = closing;
      continue;
    }
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
    i = from;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** True if every quoted text in a text is input. */
export function isAllInput(text: string): boolean {
  return ALL_INPUT.some((beginning) => isWordAt(text, 0, beginning));
}

/** True if a comma or a comparison stands between two texts in quotes. */
function isBeside(text: string, end: number, open: number): boolean {
  if (text.charAt(end) === ",") return skipSpaces(text, end + 1) === open;
  return open - end <= LONGEST_COMPARISON && COMPARISONS.includes(text.slice(end, open));
}

const COMPARISONS = [" == ", " === ", " != ", " !== "];
const LONGEST_COMPARISON = 5;

function escapesBefore(text: string, place: number): number {
  let open = place;
  while (place - open < MOST_BETWEEN && text.charAt(open - 1) === "\\") open--;
  return open;
}

function isIntroduced(text: string, open: number): boolean {
  let end = open;
  while (open - end < MOST_BETWEEN && isBetween(text, end - 1)) end--;
  if (end === open) return false;
  let start = end;
  while (end - start <= LONGEST_INTRODUCER && isAt(text, start - 1, LETTER)) start--;
  if (start === end) return false;
  const word = text.slice(start, end).toLowerCase();
  if (word === "option")
    return text.startsWith("--", open + 1) && text.slice(open, open + LONGEST_OPTION).includes("=");
  // An address is read by those that know what is secret in one.
  if (ADDRESSES.has(word) && (text.startsWith("https://", open + 1) || text.startsWith("http://", open + 1)))
    return false;
  return INTRODUCERS.has(word) || (word === "address" && isWordAt(text, start - 5, "mail "));
}

function isBetween(text: string, place: number): boolean {
  return (
    isSpace(text.charCodeAt(place)) ||
    isAt(text, place, QUOTE) ||
    ":=([,\\".includes(text.charAt(place) || "x")
  );
}

function inputAt(values: ValueScan, open: number, isCut: boolean): Range | undefined {
  const { text } = values;
  const start = quoteAt(text, open);
  const closing = start === 0 ? -1 : values.closingQuote(open, start);
  const end = closing < 0 && isCut ? text.length : closing;
  if (end - start < LEAST || text.startsWith(REDACTED, start) || text.charAt(start) === "<") return undefined;
  // That of a protocol.
  if (isWordAt(text, open - 8, "command ") && runEnd(text, start, UPPER) === end) return undefined;
  // A key of an object.
  const behind = quoteAt(text, end);
  if (behind > 0 && text.charAt(skipSpaces(text, behind)) === ":" && !isSpace(text.charCodeAt(behind))) {
    if (isAt(text, open - 1, QUOTE) || ",{".includes(text.charAt(open - 1) || "x")) return undefined;
  }
  return areOrdinary(text, start, end) ? undefined : [start, end];
}

/** What is said of a value behind it: mongoose, `Headers` of fetch. */
const REFUSALS = [
  " is not a valid",
  " is not valid",
  " is not a number",
  " is not an integer",
  " is an invalid header value",
  " is an invalid HTTP",
  " is invalid",
  ...COMPARISONS,
  " could not be",
  " cannot be parsed",
  " cannot be converted",
  " does not match",
  " contains illegal",
  " contains invalid",
  " not supported",
  " is not supported",
  " is not an allowed",
];

const REFUSAL_STARTS = [" is", " co", " ca", " do", " no", " ==", " !="];
/** The first letters of them, behind a space. */
export const REFUSAL_LETTERS: string = [...new Set(REFUSAL_STARTS.map((start) => start.charAt(1)))].join("");

function isRefusedAt(text: string, closing: number): boolean {
  if (closing < 0 || !REFUSAL_STARTS.includes(text.slice(closing + 1, closing + 4))) return false;
  return REFUSALS.some((words) => text.startsWith(words, closing + 1));
}
