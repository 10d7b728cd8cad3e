// Takes the values out of the messages of databases; the names of columns and keys stay.
import { classOf, DOT, isAt, isSpace, WORD } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";

/** Where a value stands in a message: behind `before`, up to the last of the first of `after` that is there. */
interface Place {
  /** What the message begins with. */
  readonly before: string;
  /** `before` begins a word. */
  readonly word?: true;
  /** White space of any kind stands before it. */
  readonly spaced?: true;
  /** A space may follow `before`. */
  readonly space?: true;
  /** What stands directly before the value, with something variable between it and `before`. */
  readonly opening?: Opening;
  /** The empty text: the value is all the rest. */
  readonly after: readonly string[];
  /** A value that begins so stays. */
  readonly unless?: string;
  /** Only in a text with this. */
  readonly beside?: string;
}

/** A text, with characters before it that are bounded in number and kind. */
interface Opening {
  readonly text: string;
  readonly least: number;
  readonly most: number;
  readonly between: (unit: number) => boolean;
}

const isWords = (unit: number): boolean => (classOf(unit) & WORD) !== 0 || unit === 0x20;
const isType = (unit: number): boolean => isWords(unit) || unit === 0x28 || unit === 0x29;
const isPath = (unit: number): boolean => isWords(unit) || (classOf(unit) & DOT) !== 0;
/** The opening itself ends it. */
const isAnything = (): boolean => true;
const isStringPrefix = (unit: number): boolean => "EeBbXxNn".includes(String.fromCharCode(unit));

const KEY: Opening = { text: ")=(", least: 1, most: 200, between: isAnything };

/**
 * Messages that carry a value. It may contain the quotes that it stands in, so it reaches to the last place where it can
 * end.
 *
 * Sources: the messages of PostgreSQL 15 (`src/backend/po`), MySQL 8 (`messages_to_clients.txt`), SQL Server
 * (`sys.messages`), MongoDB (`duplicate_key_error_info.cpp`), Mongoose, Redis and Drizzle.
 */
const PLACES: readonly Place[] = [
  // PostgreSQL
  {
    before: "invalid input syntax for ",
    opening: { text: ': "', least: 1, most: 69, between: isType },
    after: ['"'],
  },
  {
    before: "invalid input value for enum ",
    opening: { text: ': "', least: 1, most: 64, between: isAnything },
    after: ['"'],
  },
  { before: 'value "', word: true, after: ['" is out of range for type'] },
  { before: 'field value out of range: "', after: ['"'] },
  {
    before: "malformed ",
    opening: { text: ' literal: "', least: 5, most: 10, between: isWords },
    after: ['"'],
  },
  // A token of the statement is of use, unless it is a value itself.
  {
    before: 'at or near "',
    opening: { text: "'", least: 0, most: 1, between: isStringPrefix },
    after: ['"'],
  },
  { before: 'time zone "', word: true, after: ['" not '] },
  { before: 'unit "', word: true, after: ['" not '] },
  { before: 'invalid value "', word: true, after: ['" for "'] },
  { before: 'tsquery: "', word: true, after: ['"'] },
  { before: "xisting key (", opening: KEY, after: [")"] },
  {
    before: "Key (",
    word: true,
    opening: KEY,
    after: [") already exists", ") is not present", ") is still referenced", ") conflicts with"],
  },
  { before: "Failing row contains (", after: [")"] },
  // MySQL
  { before: "Duplicate entry '", after: ["' for key"] },
  {
    before: "ncorrect ",
    opening: { text: " value: '", least: 1, most: 32, between: isWords },
    after: ["' for column", "'"],
  },
  { before: "syntax to use near '", after: ["' at line "] },
  // SQL Server
  { before: "uplicate key value is (", after: [")"] },
  {
    before: "onversion failed when converting ",
    opening: { text: " value '", least: 1, most: 64, between: isAnything },
    after: ["' to data type", "'"],
  },
  { before: "runcated value: '", after: ["'"] },
  // MongoDB, Mongoose, Redis, Drizzle
  { before: "dup key: {", space: true, after: [" }", "}", ""] },
  {
    before: "Cast to ",
    opening: { text: ' failed for value "', least: 1, most: 64, between: isPath },
    after: ['" (type', '" at path', '"'],
  },
  { before: "` is invalid (", after: [")."] },
  {
    before: "Path `",
    opening: { text: "` (", least: 1, most: 64, between: isAnything },
    after: [
      ") is more than",
      ") is less than",
      ") is longer than",
      ") is shorter than",
      ") is before",
      ") is after",
    ],
  },
  { before: "with args beginning with: ", after: [""] },
  { before: "argument val is invalid: ", after: [""] },
  // Of services in other languages: Jackson, Python.
  { before: "Unrecognized token '", after: ["'"] },
  { before: "with base 10: '", after: ["'"] },
  // V8's JSON.parse, which shows what it could not read; of HTML it is of use.
  {
    before: "Unexpected token ",
    opening: { text: "', ", least: 2, most: 8, between: isAnything },
    after: [" is not valid JSON"],
    unless: '"<',
  },
  // Passwords of users in statements, and arguments in the traces of PHP
  ...["IDENTIFIED BY '", "identified by '", 'IDENTIFIED BY "', "mysql_native_password BY '"].map(
    (before): Place => ({ before, word: true, after: [before.slice(-1)] }),
  ),
  ...[
    "PDO->__construct(",
    "mysqli->__construct(",
    "mysqli_connect(",
    "real_connect(",
    "pg_connect(",
    "ldap_bind(",
  ].map((before): Place => ({ before, word: true, after: [")", ""] })),
  // PostgreSQL's COPY, Neo4j, TypeORM, Elasticsearch, Spring
  {
    before: "COPY ",
    word: true,
    opening: { text: ': "', least: 3, most: 128, between: isAnything },
    after: ['"'],
  },
  // `Digest` credentials
  { before: 'response="', word: true, after: ['"'], beside: "nonce=" },
  { before: 'HTTP token ["', after: ['"]'] },
  { before: "$1 = '", after: ["'"] },
  { before: "eyValue: {", after: ["}"] },
  { before: "value: {", after: ["}"] },
  { before: 'unrecognized token: "', after: ['"'] },
  { before: "` = '", after: ["'"] },
  { before: "matching: {", word: true, after: ["}"] },
  { before: "parse date field [", after: ["] with format", "]"] },
  { before: "ejected value [", after: ["]; codes", "]"] },
  // Names of a directory.
  ...["uid=", "cn=", "CN="].map(
    (before): Place => ({ before, word: true, after: [",ou=", ",dc=", ",OU=", ",DC="] }),
  ),
  { before: "params: ", spaced: true, after: [""], beside: "Failed query: " },
];

/** What stands before a value, one of these in each place. */
const OPENERS = "\"'({:,[=";

/** For each place the bit of its opener: most messages have none or one of them. */
const OPENER_BITS: readonly number[] = PLACES.map(({ before, opening }) => {
  return 1 << OPENERS.indexOf((opening?.text ?? before).trimEnd().slice(-1));
});

/** A word without which no text has such a message. */
interface Trigger {
  readonly word: string;
  /** Another letter may stand before it. */
  readonly isEnd: boolean;
}

/** Words of too many texts. `response` has `=` and a quote behind it. */
const COMMON: ReadonlySet<string> = new Set(["failed", "connect", "response"]);

/** The longest word of a message that is no word of all messages. Its first word may be an end of one, as in "ncorrect". */
function triggerOf({ before, word, opening }: Place): Trigger | undefined {
  const texts = [before, opening?.text ?? ""];
  const words = texts.flatMap((text) => [...text.matchAll(/[A-Za-z]+/g)].map((match) => ({ match, text })));
  const triggers = words.map(({ match, text }) => ({
    word: match[0].toLowerCase(),
    isEnd: text === before && match.index === 0 && word !== true,
  }));
  return triggers
    .filter(({ word }) => !COMMON.has(word))
    .sort((a, b) => Number(a.isEnd) - Number(b.isEnd) || b.word.length - a.word.length)[0];
}

const TRIGGERS: readonly Trigger[] = PLACES.flatMap((place) => triggerOf(place) ?? []);
/** Words of which each message has one, but for those with `=` before a quote; and ends of words. */
export const MESSAGE_WORDS: readonly string[] = TRIGGERS.filter(({ isEnd }) => !isEnd).map(
  ({ word }) => word,
);
export const MESSAGE_ENDS: readonly string[] = TRIGGERS.filter(({ isEnd }) => isEnd).map(({ word }) => word);

/**
 * The text without the values of data that a database's message contains.
 *
 * @param isCut - a value reaches to the end if what ends it is not there
 */
export function redactMessages(text: string, isCut = false): string {
  let openers = 0;
  for (let i = 0; i < OPENERS.length; i++) if (text.includes(OPENERS.charAt(i))) openers |= 1 << i;
  let redacted = text;
  for (let i = 0; i < PLACES.length; i++) {
    if ((openers & (OPENER_BITS[i] as number)) !== 0)
      redacted = withoutValue(redacted, PLACES[i] as Place, isCut);
  }
  return redacted;
}

/**
 * What ends a value stands nowhere behind the last place where it does, so that there are no more rounds than `after` has
 * texts, and each of them is looked for once.
 */
function withoutValue(text: string, place: Place, isCut: boolean): string {
  let start = valueStart(text, 0, place);
  if (start < 0 || (place.beside !== undefined && !text.includes(place.beside))) return text;
  const ends = place.after.map((one) => (one === "" ? text.length : text.lastIndexOf(one)));
  let out = "";
  let from = 0;
  for (; start >= 0; start = valueStart(text, from, place)) {
    const last = isCut && start < text.length ? text.length : undefined;
    const end = ends.find((one) => one > start) ?? last;
    if (end === undefined) break;
    const stays = place.unless !== undefined && text.startsWith(place.unless, start);
    out += stays ? text.slice(from, end) : text.slice(from, start) + REDACTED;
    from = end;
  }
  return out + text.slice(from);
}

/** Where the value of the next message of the kind begins, -1 if there is none. The opening is looked for once. */
function valueStart(text: string, from: number, place: Place): number {
  const { before, opening } = place;
  let open = -1;
  for (let at = text.indexOf(before, from); at >= 0; at = text.indexOf(before, at + 1)) {
    if (place.word && isAt(text, at - 1, WORD)) continue;
    if (place.spaced && !isSpace(text.charCodeAt(at - 1))) continue;
    const end = at + before.length;
    if (opening === undefined) return place.space && text.charAt(end) === " " ? end + 1 : end;
    if (open < end + opening.least) open = text.indexOf(opening.text, end + opening.least);
    if (open < 0) return -1;
    if (open - end <= opening.most && areAll(text, end, open, opening.between)) {
      return open + opening.text.length;
    }
  }
  return -1;
}

function areAll(text: string, from: number, to: number, accepts: (unit: number) => boolean): boolean {
  for (let i = from; i < to; i++) if (!accepts(text.charCodeAt(i))) return false;
  return true;
}
