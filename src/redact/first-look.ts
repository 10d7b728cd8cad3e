// Reads a text once, and says which readers may find something in it: nearly every text has nothing to take out.
import { INPUT_WORDS, SENTENCE_WORDS } from "./bare-input.ts";
import {
  BRACKET,
  CLASSES,
  COLON,
  CONTROL,
  DASH,
  DIGIT,
  DOT,
  EQUALS,
  isAt,
  LETTER,
  lastTwo,
  PLUS_SLASH,
  QUOTE,
  runEnd,
  UPPER,
  WHITE,
  WORD,
} from "./char-class.ts";
import { isSteering } from "./controls.ts";
import { MESSAGE_ENDS, MESSAGE_WORDS } from "./messages.ts";
import { isNameLetter, NAME_ENDS, NAME_FORMS, SKIPPED } from "./names.ts";
import { LEAST_PHONE } from "./numbers.ts";
import { BETWEEN_NAMES } from "./persons.ts";
import { INTRODUCING_WORDS, isAllInput, REFUSAL_LETTERS } from "./quoted-input.ts";
import { STATEMENT_WORDS } from "./statement-start.ts";
import { SCHEMES } from "./tokens.ts";

// What a text may have, as bits above those of the classes of its characters.
/** A token: a long word. */
export const LONG = 0x1_0000;
/** The number of a card or a person. */
export const NUMBERS = 0x2_0000;
/** The name of a person: two words with a capital. */
export const PERSONS = 0x4_0000;
/** Input in quotes: a word before them, or words behind them. */
export const QUOTED_INPUT = 0x8_0000;
/** A statement of SQL: its first word. */
export const STATEMENTS = 0x20_0000;
/** Credentials: their scheme. */
export const CREDENTIALS = 0x40_0000;
/** Input without quotes: a word before or behind it. */
export const BARE_INPUT = 0x80_0000;
/** The name of a secret: a word with such an end. */
export const NAMES = 0x100_0000;
/** The message of a database: a word of one, or `=` and a quote. */
export const MESSAGES = 0x200_0000;
/** All signs of readers that are known by more than the classes of characters and long words. */
export const READERS: number =
  NUMBERS | PERSONS | QUOTED_INPUT | STATEMENTS | CREDENTIALS | BARE_INPUT | NAMES | MESSAGES;
// Words that mean something only together with what follows.
const WITH = 0x400_0000;
const SENTENCE = 0x800_0000;
const INTRODUCER = 0x1000_0000;

/** Letters, digits, dashes and underscores in a row, from which on they may be a token. */
const LONG_WORD = 16;
/** What stands within the number of a card or a person, and a closing parenthesis. */
const IN_NUMBER = DIGIT | WHITE | DASH | DOT | PLUS_SLASH | BRACKET;
const CLOSING = 0x29;
const SPACE = 0x20;

/** What words mean, by a hash of them. Few words of no list have the hash of one: then a reader looks in vain. */
const MEANINGS = new Uint32Array(0x1000);
for (const [words, meaning] of [
  [STATEMENT_WORDS, STATEMENTS],
  [["with"], WITH],
  [NAME_FORMS, NAMES],
  [SCHEMES, CREDENTIALS],
  [INPUT_WORDS, BARE_INPUT],
  [SENTENCE_WORDS, SENTENCE],
  [INTRODUCING_WORDS, INTRODUCER],
  [MESSAGE_WORDS, MESSAGES],
] as const)
  for (const word of words) {
    let hash = 0;
    // `xoauth2` is found by its letters.
    for (let i = 0; i < runEnd(word, 0, LETTER); i++) hash = nextHash(hash, word.charCodeAt(i));
    MEANINGS[hash] = (MEANINGS[hash] as number) | meaning;
  }

/**
 * What words mean that end so, by their last three letters: in the lower byte the fewest letters of a word that may be the name of a
 * secret, in the upper one 1 for the messages of databases.
 */
const BY_THREE = new Uint16Array(0x8000);
/** 1 for the end of a name that has something else than a letter within its last three units, by its last two. */
const BY_TWO = new Uint8Array(0x400);
const MESSAGE_END = 0x100;
/** No word has so many letters: only a part of a name may end so. */
const WHOLE_NAME = 0xff;
for (const [words, least] of [
  [NAME_ENDS, 0],
  [NAME_FORMS, WHOLE_NAME],
] as const)
  for (const word of words) {
    BY_TWO[lastTwo(word, word.length)] = 1;
    // Behind an encoded bracket, `%5Bpw%5D`, a name of two letters has three.
    for (const name of word.length > 2 ? [word] : [`b${word}`, `d${word}`]) {
      const end = lastThree(name);
      BY_THREE[end] = Math.min(BY_THREE[end] || WHOLE_NAME, least || name.length);
    }
  }
for (const word of MESSAGE_ENDS)
  BY_THREE[lastThree(word)] = (BY_THREE[lastThree(word)] as number) | MESSAGE_END;

function lastThree(word: string): number {
  return ((word.charCodeAt(word.length - 3) & 31) << 10) | lastTwo(word, word.length);
}

function nextHash(hash: number, unit: number): number {
  return (hash * 37 + (unit & 31)) & 0xfff;
}

/** The classes of characters and the signs of the readers that a text has. A sign that is missing says that its reader finds nothing. */
export function firstLook(text: string): number {
  let signs = 0;
  let classesBefore = 0;
  let inNumber = 0;
  let run = 0;
  let letters = 0;
  /** A name may go on before the letters. */
  let isInside = false;
  let hash = 0;
  let three = 0;
  /** What the last word means. */
  let word = 0;
  let inName = false;
  let nameEnd = -1 - BETWEEN_NAMES;
  const { length } = text;
  for (let i = 0; i <= length; i++) {
    // The end ends a word as a space does. No `NaN`, with which all arithmetic is that of floating point.
    const unit = i < length ? text.charCodeAt(i) : SPACE;
    const classes = unit < 128 ? (CLASSES[unit] as number) : 0;
    if ((classes & LETTER) !== 0) {
      if (letters++ === 0) {
        hash = 0;
        isInside = (classesBefore & (SKIPPED | DIGIT)) !== 0;
        // A second capital makes it a constant.
        if ((classes & UPPER) !== 0 && !isAt(text, i + 1, UPPER)) {
          if (i - nameEnd <= BETWEEN_NAMES) signs |= PERSONS;
          inName = true;
        }
      }
      hash = nextHash(hash, unit);
      inNumber = 0;
      if (++run === LONG_WORD) signs |= LONG;
    } else {
      if (letters !== 0) {
        word = MEANINGS[hash] as number;
        signs |= word;
        if (letters > 2) {
          const end = BY_THREE[three] as number;
          if (end > 0) {
            const least = end & 0xff;
            if (least > 0 && (isInside || letters >= least)) signs |= NAMES;
            if (end > 0xff) signs |= MESSAGES;
          }
        } else if (isInside && BY_TWO[three & 0x3ff] === 1) signs |= NAMES;
        letters = 0;
      }
      if (inName && !isInName(unit)) {
        inName = false;
        nameEnd = i;
      }
      if ((classes & DIGIT) !== 0) {
        if (++inNumber === LEAST_PHONE || ((classesBefore & UPPER) !== 0 && isIbanAt(text, i - 2)))
          signs |= NUMBERS;
        if (++run === LONG_WORD) signs |= LONG;
      } else {
        if ((classes & IN_NUMBER) === 0 && unit !== CLOSING) inNumber = 0;
        if ((classes & (WORD | DASH)) === 0) run = 0;
        else if (++run === LONG_WORD) signs |= LONG;
        if ((classes & WHITE) !== 0) {
          if ((classesBefore & COLON) !== 0 && (signs & SENTENCE) !== 0) signs |= BARE_INPUT;
          if ((classesBefore & QUOTE) !== 0 && REFUSAL_LETTERS.includes(text.charAt(i + 1) || "x"))
            signs |= QUOTED_INPUT;
        } else if ((classes & QUOTE) !== 0) {
          if ((word & INTRODUCER) !== 0) signs |= QUOTED_INPUT;
        } else if ((classes & BRACKET) !== 0 && (signs & WITH) !== 0) signs |= STATEMENTS;
        if (unit >= 0x80)
          signs |= isSteering(unit) ? CONTROL : UPPER | PERSONS | (isNameLetter(unit) ? NAMES : 0);
      }
    }
    signs |= classes;
    classesBefore = classes;
    three = ((three << 5) | (unit & 31)) & 0x7fff;
  }
  if ((signs & QUOTE) !== 0 && isAllInput(text)) signs |= QUOTED_INPUT;
  if ((signs & EQUALS) !== 0 && (signs & QUOTE) !== 0) signs |= MESSAGES;
  return signs;
}

/** A dash or an apostrophe. */
function isInName(unit: number): boolean {
  return unit === 0x2d || unit === 0x27 || unit === 0x2019;
}

/** Two capitals and two digits. */
function isIbanAt(text: string, start: number): boolean {
  return isAt(text, start, UPPER) && isAt(text, start + 3, DIGIT);
}
