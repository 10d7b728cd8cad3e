// Lists the messages of databases, validators and parsers that contain a value, and its place in each.
import { classOf, DOT, WORD } from "./char-class.ts";

/** Where a value stands in a message: behind `before`, up to the last of the first of `after` that is there. */
export interface Place {
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
  /** The empty text: the value is all the rest. If the value stands in quotes, each begins with one. */
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
export const PLACES: readonly Place[] = [
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
