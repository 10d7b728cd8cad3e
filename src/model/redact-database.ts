// What databases tell of values in their messages: the values are taken out, the names of columns and keys stay.
import { REDACTED } from "./redact-pairs.ts";

/** Where a value stands in a message: after the first `before`, up to the last of the first of `after` that is there. */
interface Place {
  readonly before: RegExp;
  /** The empty text: the value is all the rest. */
  readonly after: readonly string[];
  /** Only where this stands before it. */
  readonly behind?: string;
}

/**
 * Messages that carry a value. It may contain the quotes that it stands in, so it reaches to the last place where it can
 * end.
 *
 * Sources: the messages of PostgreSQL 15 (`src/backend/po`), MySQL 8 (`messages_to_clients.txt`), SQL Server
 * (`sys.messages`), MongoDB (`duplicate_key_error_info.cpp`), Mongoose, Redis and Drizzle.
 */
const PLACES: readonly Place[] = [
  // PostgreSQL
  { before: /invalid input syntax for (?:type )?[\w ()]{1,64}: "/, after: ['"'] },
  { before: /invalid input value for enum [^:]{1,64}: "/, after: ['"'] },
  { before: /\bvalue "/, after: ['" is out of range for type'] },
  { before: /field value out of range: "/, after: ['"'] },
  { before: /malformed (?:array|record|range|multirange) literal: "/, after: ['"'] },
  // A token of the statement is of use, unless it is a value itself.
  { before: /at or near "[EeBbXxNn]?'/, after: ['"'] },
  { before: /\b(?:time zone|unit) "/, after: ['" not '] },
  { before: /\binvalid value "/, after: ['" for "'] },
  { before: /\btsquery: "/, after: ['"'] },
  { before: /xisting key \([^=]{1,200}\)=\(/, after: [")"] },
  {
    before: /\bKey \([^=]{1,200}\)=\(/,
    after: [") already exists", ") is not present", ") is still referenced", ") conflicts with"],
  },
  { before: /Failing row contains \(/, after: [")"] },
  // MySQL
  { before: /Duplicate entry '/, after: ["' for key"] },
  { before: /ncorrect [\w ]{1,32} value: '/, after: ["' for column", "'"] },
  { before: /syntax to use near '/, after: ["' at line "] },
  // SQL Server
  { before: /uplicate key value is \(/, after: [")"] },
  { before: /onversion failed when converting .{1,64}? value '/, after: ["' to data type", "'"] },
  { before: /runcated value: '/, after: ["'"] },
  // MongoDB, Mongoose, Redis, Drizzle
  { before: /dup key: \{ ?/, after: [" }", "}", ""] },
  { before: /Cast to [\w. ]{1,64} failed for value "/, after: ['" (type', '" at path', '"'] },
  { before: /with args beginning with: /, after: [""] },
  { before: /\sparams: /, after: [""], behind: "Failed query: " },
];

/** Every such message has one of these: one pattern costs a tenth of trying all of them. */
const MARKS =
  /input (?:syntax|value)|out of range|literal: |at or near|" not |invalid value "|tsquery: |(?:isting k|K)ey \(|row contains|uplicate (?:entry|key value is)|orrect [\w ]{1,32} value: |syntax to use|sion failed when|runcated value: |dup key: |failed for value|args beginning|Failed query/;

/** A text that begins with a statement, as some name their spans and begin their messages. */
const STATEMENT =
  /^\s*(?:Failed query:\s*)?(?:select\s.*\sfrom\s|insert\s+into\s|replace\s+into\s|update\s.*\sset\s|delete\s+from\s|merge\s+into\s|with\s.*\sas\s*\(|call\s+\w+\s*\()/is;

/** Text in single quotes, whole or cut, and numbers that are no part of a name or placeholder. */
const LITERALS = /'(?:[^'\\]|\\.|'')*(?:'|\\?$)|(?<![\w$.:"`?])-?\d+(?:\.\d+)?(?![\w."`])/gs;

/** The text without the values of data that a database's message tells. */
export function redactMessages(text: string): string {
  if (!MARKS.test(text)) return text;
  let redacted = text;
  for (const place of PLACES) redacted = withoutValue(redacted, place);
  return redacted;
}

/**
 * No pattern spans the value: one that did would try every beginning with every end. What ends a value stands nowhere
 * after it, so that there are no more rounds than `after` has texts.
 */
function withoutValue(text: string, { before, after, behind }: Place): string {
  if (behind !== undefined && !text.includes(behind)) return text;
  let out = "";
  let rest = text;
  for (let found = before.exec(rest); found !== null; found = before.exec(rest)) {
    const start = found.index + found[0].length;
    const closing = after.find((one) => one === "" || rest.lastIndexOf(one) > start);
    if (closing === undefined || start === rest.length) break;
    out += rest.slice(0, start) + REDACTED;
    rest = closing === "" ? "" : rest.slice(rest.lastIndexOf(closing));
  }
  return out + rest;
}

/**
 * A text that begins with an SQL statement, with `?` in place of the literals. A message after the statement, behind the
 * last " - ", as Knex writes it, stays as it is.
 *
 * Source: OpenTelemetry semantic conventions, "Sanitization of `db.query.text`".
 */
export function redactStatement(text: string): string {
  if (!STATEMENT.test(text)) return text;
  const params = text.indexOf("params: ");
  const end = params < 0 ? text.lastIndexOf(" - ") : params;
  const statement = end < 0 ? text : text.slice(0, end);
  return statement.replace(LITERALS, "?") + text.slice(statement.length);
}

/** True where {@link redactStatement} may have something to do; cheap. */
export function mayBeStatement(text: string): boolean {
  switch (text.charCodeAt(0) | 0x20) {
    case 0x20: // white space
    case 0x63: // call
    case 0x64: // delete
    case 0x66: // Failed query
    case 0x69: // insert
    case 0x6d: // merge
    case 0x72: // replace
    case 0x73: // select
    case 0x75: // update
    case 0x77: // with
      return text.includes(" ");
    default:
      return false;
  }
}
