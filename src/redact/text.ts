// Takes out of a text what must not leave the process: credentials, values of data, what steers a terminal.
import { redactBareInput } from "./bare-input.ts";
import {
  AT,
  BRACKET,
  COLON,
  CONTROL,
  classOf,
  DASH,
  DIGIT,
  DOLLAR_PERCENT,
  isSpace,
  PLUS_SLASH,
  QUOTE,
  UPPER,
  WORD,
} from "./char-class.ts";
import { redactCommandLines, redactLogin } from "./command-lines.ts";
import { isSteering, withoutControls } from "./controls.ts";
import { redactEchoes } from "./echoes.ts";
import { redactEncoded } from "./encoded.ts";
import { redactMessages } from "./messages.ts";
import { LEAST_DIGITS, redactNumbers } from "./numbers.ts";
import { redactPairs } from "./pairs.ts";
import { redactPersons } from "./persons.ts";
import { redactQuotedInput } from "./quoted-input.ts";
import { redactPaths, redactRandomWords } from "./random-words.ts";
import { REDACTED } from "./redacted.ts";
import type { Rules } from "./rules.ts";
import { redactStatements } from "./statement.ts";
import { redactBareCredentials, redactKnownTokens, redactPrivateKeys } from "./tokens.ts";
import { redactAddresses, redactBareUsers, redactUsers } from "./urls.ts";

/** Longest text that is read and longest that is returned, in UTF-16 units. */
export const MOST_READ = 8192;
const MOST_RETURNED = 4096;
/** So far before its limit a text may end: half a credential is not known as one. */
const WORD_BEFORE_CUT = 512;
/** Digits of a card's number and what stands between them. */
const LONGEST_CARD = 24;
/** Stands at the end of a text that was cut before it came here. */
export const ELLIPSIS = "…";
const WORD_ENDS = "\"'`,;&<>(){}|";

/** Where something was taken out, what is left is read again: it may now stand beside a name that it did not before. */
const MOST_ROUNDS = 5;

/** Letters, digits, dashes and underscores in a row, from which on they may be a token. */
const LONG_WORD = 16;

/** There is a long word. */
const LONG = 0x1_0000;
/** There are many digits. */
const MANY_DIGITS = 0x2_0000;

/**
 * The text as it may leave the process. Taken out are
 * - what stands next to a name of a secret (`password`, `x-api-key`, `otp`, `Cookie`), whatever stands between: `=`, `: "`, `=>`, an
 *   element of XML, a part of a form, a flag of a command line; in the query of a URL also of `key`, `code`, `sig`;
 * - credentials of an `Authorization` of any scheme; user and password of a URL or of a connection string without a scheme; tokens in
 *   paths (chat webhooks, bots, resets); `mysql -p…`, `curl -u …`;
 * - JWTs, private keys, keys that are known by their first letters, and words that were made at random; ids stay, those in camel case,
 *   hexadecimal ones and UUIDs among them;
 * - what validators, parsers and databases quote of their input, and literals of SQL statements, wherever they stand;
 * - what they tell of it without quotes: `expected number, got …`, `Cannot cast … to ObjectId`, `Invalid value: …`;
 * - card numbers, IBANs, phone and social security numbers. Other numbers stay, however long;
 * - the name in an e-mail address (`[redacted]@example.com`), and names of persons: two words with a capital that no vocabulary knows;
 * - what was taken out, wherever else it stands;
 * - escape sequences, control and bidi characters. Line breaks and tabs become a space.
 *
 * What is percent-encoded is read as it is meant. Any other text stays as it is. Applied twice it does no more than once. At most 4,096
 * characters, never throws.
 *
 * The work is linear in the length: no reader goes back over what it has read to its end, and none is a regex, of which
 * nobody can count the steps. Each character is looked at up to 256 times, in an ordinary text 10 to 30 times.
 *
 * @param rules - further names of secrets, and what always stays
 */
export function redactText(text: string, rules?: Rules): string {
  let isCut = text.length > MOST_READ || text.endsWith(ELLIPSIS);
  let redacted = cutText(text, MOST_READ);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = redacted;
    redacted = redactOnce(before, isCut, rules);
    if (redacted.length <= MOST_RETURNED) {
      if (redacted === before) return redacted;
      continue;
    }
    // What nobody gets is read no further; what was part of a word may stand alone at the cut.
    redacted = cutText(redacted, MOST_RETURNED);
    isCut = true;
  }
  // Made to be read again and again: nobody knows what is still in it.
  return REDACTED;
}

function redactOnce(text: string, isCut: boolean, rules: Rules | undefined): string {
  const signs = signsOf(text);
  // What is gone may have stood within a word.
  const visible = (signs & CONTROL) === 0 ? text : withoutControls(text);
  const redacted = redactPlain(visible, isCut, rules, visible === text ? signs : signsOf(visible));
  return (signs & DOLLAR_PERCENT) === 0
    ? redacted
    : redactEncoded(redacted, (text) => redactPlain(text, isCut, rules, signsOf(text)));
}

/**
 * @param isCut - what ends a value may be missing: then it reaches to the end
 * @param signs - those of the text
 */
function redactPlain(text: string, isCut: boolean, rules: Rules | undefined, signs: number): string {
  let redacted = text;
  if ((signs & LONG) !== 0) redacted = redactPrivateKeys(redacted);
  if ((signs & (QUOTE | DIGIT)) !== 0) redacted = redactStatements(redacted);
  if ((signs & (QUOTE | BRACKET | COLON)) !== 0) redacted = redactMessages(redacted, isCut);
  if ((signs & AT) !== 0) redacted = redactBareUsers(redactUsers(redacted));
  if ((signs & MANY_DIGITS) !== 0) redacted = redactNumbers(redacted);
  redacted = redactPairs(redacted, isCut, rules);
  if ((signs & QUOTE) !== 0) redacted = redactQuotedInput(redacted, isCut);
  if ((signs & DASH) !== 0) redacted = redactCommandLines(redacted);
  redacted = redactBareCredentials(redactLogin(redacted));
  if ((signs & PLUS_SLASH) !== 0) redacted = redactPaths(redacted);
  if ((signs & LONG) !== 0) {
    redacted = redactKnownTokens(redacted);
    redacted = redactRandomWords(redacted, rules?.beginnings);
  }
  if ((signs & UPPER) !== 0) redacted = redactPersons(redacted);
  redacted = redactBareInput(redacted);
  if ((signs & AT) !== 0) redacted = redactAddresses(redacted);
  return redacted === text ? text : redactEchoes(redacted, text);
}

/** What a text has, as classes of characters and more. Nearly every text has nothing to take out. */
function signsOf(text: string): number {
  let signs = 0;
  let digits = 0;
  let word = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const classes = classOf(unit);
    signs |= classes;
    if ((classes & (WORD | DASH)) === 0) {
      word = 0;
      if (unit >= 0x80) signs |= isSteering(unit) ? CONTROL : UPPER;
    } else if (++word === LONG_WORD) signs |= LONG;
    if ((classes & DIGIT) !== 0) digits++;
  }
  return digits < LEAST_DIGITS ? signs : signs | MANY_DIGITS;
}

/**
 * The beginning of a text: up to white space, or else to the end of a word, and not within a mark of ours or a number.
 * Nothing if there is room for less than a word.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const least = Math.max(0, limit - WORD_BEFORE_CUT);
  for (const isEnd of [isSpaceAt, isWordEnd]) {
    let end = limit;
    while (end > least && !isEnd(text, end)) end--;
    if (end > least) return text.slice(0, wholeNumbersEnd(text, end));
  }
  if (limit < WORD_BEFORE_CUT) return "";
  const mark = text.lastIndexOf("[", limit);
  if (text.startsWith(REDACTED, mark) && mark + REDACTED.length > limit) return text.slice(0, mark);
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}

function isSpaceAt(text: string, place: number): boolean {
  return isSpace(text.charCodeAt(place));
}

function isWordEnd(text: string, place: number): boolean {
  return isSpaceAt(text, place) || WORD_ENDS.includes(text.charAt(place));
}

/** Groups of digits at the end of what is left may be the most of a card's number. */
function wholeNumbersEnd(text: string, end: number): number {
  let before = end;
  while (end - before < LONGEST_CARD && isCardUnit(text.charCodeAt(before - 1))) before--;
  return before;
}

function isCardUnit(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x20 || unit === 0x2d;
}
