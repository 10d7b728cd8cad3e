// Takes out input that validators and parsers repeat without quotes: `Invalid value: …`, `expected number, got …`, `Cannot cast … to ObjectId`.
import {
  classOf,
  DASH,
  DIGIT,
  DOT,
  isAt,
  isWordAt,
  LETTER,
  LOWER,
  lastTwo,
  runEnd,
  UPPER,
  WORD,
} from "./char-class.ts";
import { looksLikeName } from "./looks-secret.ts";
import { REDACTED } from "./redacted.ts";
import type { Range } from "./values.ts";
import { isOrdinary } from "./vocabulary.ts";

const SPACE = 0x20;
/** So far before a colon the sentence is read. */
const MOST_BEFORE = 64;
const LONGEST_WORD = 16;
/** More words are prose. */
const MOST_WORDS = 3;
/** Longest input that is looked at, and shortest word that may be one. */
const LONGEST_INPUT = 128;
const LEAST = 4;

/** Words of a sentence that says behind a colon what was wrong. */
const REFUSALS: ReadonlySet<string> = new Set(
  (
    "invalid malformed illegal bad incorrect wrong valid unparseable unparsable unrecognized parse parsed parsing convert cast decode " +
    "represent rejected unsupported unknown duplicate not received got given provided found expected actual value input must user username login customer"
  ).split(" "),
);
/** The same of input that has digits or marks: what else failed has names. */
const FAILURES: ReadonlySet<string> = new Set(
  "unauthorized failed denied forbidden credentials authentication".split(" "),
);
/** Words of a sentence that says behind `for` who could not get in. */
const ACCESS: ReadonlySet<string> = new Set(
  "login authentication credentials password user account signin".split(" "),
);
/** Words right before input. */
const BEFORE_INPUT: ReadonlySet<string> = new Set(
  "got received found given expected equal user username login account".split(" "),
);
/** Before the name of what input should have been: `invalid date …`. */
const INVALID: ReadonlySet<string> = new Set(
  "invalid malformed illegal bad incorrect wrong unrecognized".split(" "),
);
/** Words before input that something should have become. */
const VERBS: ReadonlySet<string> = new Set("cast convert parse unmarshal coerce decode".split(" "));
/** All words next to input that may be one of these. */
export const INPUT_WORDS: readonly string[] = [
  ...[...ACCESS, ...BEFORE_INPUT, ...INVALID, ...VERBS],
  ...["but", "valid", "number", "integer"],
];
/** Words in a sentence before a colon. */
export const SENTENCE_WORDS: readonly string[] = [...REFUSALS, ...FAILURES];
/** 1 for the last two letters of these words, which decide about most words of a text. */
const LAST_TWO = new Uint8Array(1024);
for (const word of [...INPUT_WORDS, ...SENTENCE_WORDS, "for", "was"])
  LAST_TWO[lastTwo(word, word.length)] = 1;

const LINKS = ["to ", "as ", "into "];
/** What is said of input that stands before it. */
const VERDICTS = [" is not a valid", " is not valid", " is not a number", " is not an integer"];

/** The text without such input. Ordinary words, names in camel case, constants, paths, numbers and versions stay. */
export function redactBareInput(text: string): string {
  let out = "";
  let from = 0;
  for (let i = text.indexOf(" "); i >= 0; i = text.indexOf(" ", i + 1)) {
    if (i < from) continue;
    const range = inputAt(text, i);
    if (range === undefined || range[0] < from) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
  }
  return from === 0 ? text : out + text.slice(from);
}

function inputAt(text: string, space: number): Range | undefined {
  const before = text.charAt(space - 1);
  if (before === ":") {
    if (isAnyBefore(text, space - 1, REFUSALS)) return inputBehind(text, space + 1);
    const range = isAnyBefore(text, space - 1, FAILURES) ? inputWord(text, space + 1) : undefined;
    return range !== undefined && runEnd(text, range[0], LETTER) < range[1] ? range : undefined;
  }
  if (!isAt(text, space - 1, LETTER)) return undefined;
  if (text.startsWith(" is ", space) && VERDICTS.some((verdict) => isVerdictAt(text, space, verdict)))
    return inputBefore(text, space);
  const word = wordBefore(text, space);
  if (BEFORE_INPUT.has(word) || (word === "for" && isAnyBefore(text, space - 4, ACCESS)))
    return inputWord(text, space + 1);
  if (word === "was" && wordBefore(text, space - 4) === "but") return inputWord(text, space + 1);
  if (INVALID.has(word)) return inputWord(text, wordBehind(text, space + 1));
  if (!VERBS.has(word)) return undefined;
  const range = inputWord(text, space + 1);
  return range !== undefined && LINKS.some((link) => text.startsWith(link, range[1] + 1)) ? range : undefined;
}

function isVerdictAt(text: string, place: number, verdict: string): boolean {
  return text.startsWith(verdict, place) && !isAt(text, place + verdict.length, LETTER);
}

/** Where the next word but one begins: `invalid date …`. */
function wordBehind(text: string, start: number): number {
  const end = runEnd(text, start, LETTER, start + LONGEST_WORD);
  return text.charCodeAt(end) === SPACE ? end + 1 : text.length;
}

/** The word in small letters that ends there; nothing if it is none that means something here. */
function wordBefore(text: string, end: number): string {
  if (LAST_TWO[lastTwo(text, end)] !== 1) return "";
  let start = end;
  while (end - start <= LONGEST_WORD && isAt(text, start - 1, LETTER)) start--;
  return text.slice(start, end).toLowerCase();
}

/** True if one of these words stands in the sentence that ends there. */
function isAnyBefore(text: string, place: number, words: ReadonlySet<string>): boolean {
  const least = Math.max(0, place - MOST_BEFORE);
  let end = place;
  while (end > least) {
    let start = end;
    while (start > least && isAt(text, start - 1, LETTER)) start--;
    // Only the end of a word is read: it is another one.
    if (start === least && isAt(text, start - 1, LETTER)) return false;
    const mayMean = end - start <= LONGEST_WORD && end - start > 1 && LAST_TWO[lastTwo(text, end)] === 1;
    if (mayMean && words.has(text.slice(start, end).toLowerCase())) return true;
    while (start > least && !isAt(text, start - 1, LETTER)) {
      if (":;\n".includes(text.charAt(start - 1))) return false;
      start--;
    }
    end = start;
  }
  return false;
}

/** Few words up to the end of a sentence, of which the first is rather input than a word of ours. */
function inputBehind(text: string, start: number): Range | undefined {
  let end = wordEnd(text, start);
  if (!isInputWord(text, start, end)) return undefined;
  for (let words = 1; text.charCodeAt(end) === SPACE && text.charAt(end + 1) !== "("; words++) {
    const word = wordEnd(text, end + 1);
    if (word === end + 1 || words === MOST_WORDS) return [start, wordEnd(text, start)];
    end = word;
  }
  return end - start <= LONGEST_INPUT ? [start, end] : undefined;
}
function inputWord(text: string, start: number): Range | undefined {
  const end = wordEnd(text, start);
  return isInputWord(text, start, end) ? [start, end] : undefined;
}

/** `… is not a valid date`. */
function inputBefore(text: string, end: number): Range | undefined {
  let start = end;
  while (end - start <= LONGEST_INPUT && start > 0 && isInWord(text, start - 1)) start--;
  return isInputWord(text, start, end) ? [start, end] : undefined;
}

/** Where a word ends, without the marks of a sentence that goes on. */
function wordEnd(text: string, start: number): number {
  let end = start;
  while (end - start <= LONGEST_INPUT && end < text.length && isInWord(text, end)) end++;
  while (end > start && ".,:;?)".includes(text.charAt(end - 1))) end--;
  return end;
}

function isInWord(text: string, place: number): boolean {
  const unit = text.charCodeAt(place);
  return unit > SPACE && unit !== 0xa0 && !"\"'`<>[]{}(),;".includes(text.charAt(place));
}

/** True for a word that is none of a language, no name of a thing and no number. */
function isInputWord(text: string, start: number, end: number): boolean {
  if (end - start < LEAST || end - start > LONGEST_INPUT) return false;
  if (!isAt(text, start, LETTER | DIGIT) && text.charCodeAt(start) < 0xc0) return false;
  let classes = 0;
  let others = 0;
  let isCamel = false;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    const own = classOf(unit);
    classes |= own;
    if (unit === 0x2f || unit === 0x5c || unit === 0x3d || unit === 0x40 || unit === 0x7c || unit === 0x3a)
      return false;
    if (own === 0 && unit < 0xc0) others++;
    if ((own & UPPER) !== 0 && i > start && (classOf(text.charCodeAt(i - 1)) & LOWER) !== 0) isCamel = true;
  }
  if ((classes & LETTER) === 0 && others === 0 && (classes & 0xffff) !== 0) return false;
  if ((classes & DIGIT) === 0) {
    if (others > 0) return !isOrdinary(text.slice(start, runEnd(text, start, LETTER, end)));
    if (isCamel || (classes & LOWER) === 0 || (classes & (WORD & ~LETTER)) !== 0) return false;
    if ((classes & (DASH | DOT)) !== 0) return false;
    return !(isOrdinary(text.slice(start, end)) || isInflected(text, start, end));
  }
  // A version, an id with a dash, a word with a number behind it.
  if (others > 0) return true;
  if (isVersion(text, start, end) || looksLikeName(text, start, end)) return false;
  return end - start >= 6 && (classes & LETTER) !== 0 && (classes & (DASH | DOT)) === 0;
}

const INFLECTIONS = ["ed", "ing", "ly", "tion", "able", "ible", "less"];

/** The vocabulary does not have every form of a word. */
function isInflected(text: string, start: number, end: number): boolean {
  return INFLECTIONS.some(
    (ending) => end - start > ending.length + 2 && isWordAt(text, end - ending.length, ending),
  );
}

function isVersion(text: string, start: number, end: number): boolean {
  const digits = runEnd(text, start, LETTER, start + 3);
  return runEnd(text, digits, DIGIT | DOT, end) === end && digits - start <= 2;
}
