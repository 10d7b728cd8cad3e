// Takes out what validators and parsers quote of their input: what stands in quotes behind `received`, `got`, `value` and the like.
import { ALPHANUMERIC, isAt, isSpace, isWordAt, LETTER, QUOTE } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { quoteAt, type Range, skipSpaces, ValueScan } from "./values.ts";
import { areOrdinary } from "./vocabulary.ts";

/** Words before a value that somebody gave. */
const INTRODUCERS: ReadonlySet<string> = new Set(
  (
    "value values received receive got was input argument arguments provided given entered actual found string name " +
    "instance rejectedvalue invalidvalue subject audience issuer expected params parameters bindings email mail parsing variant float"
  ).split(" "),
);
const LONGEST_INTRODUCER = 14;
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
  const all = ALL_INPUT.some((beginning) => isWordAt(text, 0, beginning));
  for (let i = 0; i < text.length; i++) {
    if (!isAt(text, i, QUOTE)) continue;
    const open = escapesBefore(text, i);
    if (isAt(text, open - 1, ALPHANUMERIC)) continue;
    values ??= new ValueScan(text);
    if (!(all || isIntroduced(text, open) || isRefusedAt(text, values.closingQuote(i, i + 1)))) continue;
    const range = inputAt(values, open, isCut);
    if (range === undefined) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
    i = from;
  }
  return from === 0 ? text : out + text.slice(from);
}

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
  if (end - start < LEAST || text.startsWith(REDACTED, start)) return undefined;
  // A key of an object.
  const behind = quoteAt(text, end);
  if (behind > 0 && text.charAt(skipSpaces(text, behind)) === ":" && !isSpace(text.charCodeAt(behind))) {
    if (isAt(text, open - 1, QUOTE) || ",{".includes(text.charAt(open - 1) || "x")) return undefined;
  }
  return areOrdinary(text, start, end) ? undefined : [start, end];
}

/** What is said of a value behind it: mongoose, `Headers` of fetch. */
const REFUSALS = [" is not a valid enum value", " is an invalid header value", " is an invalid HTTP"];

function isRefusedAt(text: string, closing: number): boolean {
  if (closing < 0 || !text.startsWith(" is", closing + 1)) return false;
  return REFUSALS.some((words) => text.startsWith(words, closing + 1));
}
