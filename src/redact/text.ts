// Takes out of a text what must not leave the process: credentials, values of data, what steers a terminal.
import { redactBareInput } from "./bare-input.ts";
import { AT, CONTROL, DASH, DIGIT, DOLLAR_PERCENT, isSpace, PLUS_SLASH } from "./char-class.ts";
import { redactAuth, redactCommandLines, redactLogin } from "./command-lines.ts";
import { withoutControls } from "./controls.ts";
import { redactEchoes } from "./echoes.ts";
import { redactEncoded, redactEscaped } from "./encoded.ts";
import {
  BARE_INPUT,
  CREDENTIALS,
  firstLook,
  LONG,
  MESSAGES,
  NAMES,
  NUMBERS,
  PERSONS,
  QUOTED_INPUT,
  STATEMENTS,
} from "./first-look.ts";
import { redactMessages } from "./messages.ts";
import { redactNumbers } from "./numbers.ts";
import { redactPairs } from "./pairs.ts";
import { redactPersons } from "./persons.ts";
import { redactPrivateKeys } from "./private-keys.ts";
import { redactQuotedInput } from "./quoted-input.ts";
import { redactPaths, redactRandomWords } from "./random-words.ts";
import { REDACTED } from "./redacted.ts";
import type { Rules } from "./rules.ts";
import { redactStatements } from "./statement.ts";
import { redactBareCredentials, redactKnownTokens } from "./tokens.ts";
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

/**
 * The text as it may leave the process. Taken out are
 * - what stands next to a name of a secret (`password`, `x-api-key`, `otp`, `Cookie`), whatever stands between: `=`, `: "`, `=>`, an
 *   element of XML, a part of a form, a flag of a command line; in the query of a URL also of `key`, `code`, `sig`;
 * - credentials of an `Authorization` of any scheme; user and password of a URL or of a connection string without a scheme; tokens in
 *   paths (chat webhooks, bots, resets); `mysql -p…`, `curl -u …`;
 * - JWTs, private keys, keys that are known by their first letters, and words that were made at random; ids stay, those in camel case,
 *   hexadecimal ones and UUIDs among them;
 * - what validators, parsers and databases quote of their input, and literals of SQL statements, wherever they stand;
 * - what they say of it without quotes: `expected number, got …`, `Cannot cast … to ObjectId`, `Invalid value: …`;
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
 * @param look - says what a text may have; whatever it says beyond that changes no text
 */
export function redactText(text: string, rules?: Rules, look: (text: string) => number = firstLook): string {
  let isCut = text.length > MOST_READ || text.endsWith(ELLIPSIS);
  let redacted = cutText(text, MOST_READ);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = redacted;
    redacted = redactOnce(before, { isCut, rules, look });
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

/** How a text is read. */
interface Reading {
  /** What ends a value may be missing: then it reaches to the end. */
  readonly isCut: boolean;
  readonly rules: Rules | undefined;
  readonly look: (text: string) => number;
}

function redactOnce(text: string, reading: Reading): string {
  const signs = reading.look(text);
  // What is gone may have stood within a word.
  const visible = (signs & CONTROL) === 0 ? text : withoutControls(text);
  const again = (text: string): string => redactPlain(text, reading.look(text), reading);
  const plain = redactPlain(visible, visible === text ? signs : reading.look(visible), reading);
  // What was changed is read again anyway, and escapes hide pairs alone: a second whole reading would be twice the work.
  const redacted =
    plain !== text || (signs & DIGIT) === 0
      ? plain
      : redactEscaped(plain, (unescaped) => redactPairs(unescaped, reading.isCut, reading.rules));
  return (signs & DOLLAR_PERCENT) === 0 ? redacted : redactEncoded(redacted, again);
}

/** @param signs - those of the text; of one in which something was taken out nothing is known any more */
function redactPlain(text: string, signs: number, { isCut, rules }: Reading): string {
  let redacted = text;
  const mayHave = (sign: number): boolean => (signs & sign) !== 0 || redacted !== text;
  if ((signs & LONG) !== 0) redacted = redactPrivateKeys(redacted);
  if (mayHave(STATEMENTS)) redacted = redactStatements(redacted);
  if (mayHave(MESSAGES)) redacted = redactMessages(redacted, isCut);
  if ((signs & AT) !== 0) redacted = redactBareUsers(redactUsers(redacted));
  if (mayHave(NUMBERS)) redacted = redactNumbers(redacted);
  if (rules !== undefined || mayHave(NAMES)) redacted = redactPairs(redacted, isCut, rules);
  if (mayHave(QUOTED_INPUT)) redacted = redactQuotedInput(redacted, isCut);
  if ((signs & DASH) !== 0) redacted = redactCommandLines(redacted);
  redacted = redactAuth(redactLogin(redacted));
  if (mayHave(CREDENTIALS)) redacted = redactBareCredentials(redacted);
  if ((signs & PLUS_SLASH) !== 0) redacted = redactPaths(redacted, rules?.beginnings);
  if ((signs & LONG) !== 0) {
    redacted = redactKnownTokens(redacted, rules?.beginnings);
    redacted = redactRandomWords(redacted, rules?.beginnings);
  }
  if (mayHave(PERSONS)) redacted = redactPersons(redacted);
  if (mayHave(BARE_INPUT)) redacted = redactBareInput(redacted);
  if ((signs & AT) !== 0) redacted = redactAddresses(redacted);
  return redacted === text ? text : redactEchoes(redacted, text);
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
