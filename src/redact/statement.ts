// Takes the literals out of the SQL statements of a text, wherever they stand; prose that begins like SQL stays.
import {
  classOf,
  DASH,
  DIGIT,
  DOT,
  isAt,
  isWordAt,
  LETTER,
  PLUS_SLASH,
  runEnd,
  spaceEnd,
  WORD,
} from "./char-class.ts";
import { literalEnd, withoutLiterals } from "./literals.ts";
import { isStatementAt, Words } from "./statement-start.ts";
import { identifierEnd, isClause, isWholeWordAt } from "./statement-tables.ts";

/**
 * A text with `?` in place of the literals of its statements. A message after the statement, behind " - ", as Knex writes it, stays as
 * it is.
 *
 * Source: OpenTelemetry semantic conventions, "Sanitization of `db.query.text`".
 */
export function redactStatements(text: string): string {
  let out = "";
  let from = 0;
  const words = new Words(text);
  // Where Drizzle lists values next; -1 if nowhere.
  let params: number | undefined;
  for (let i = 0; i < text.length; i++) {
    const own = classOf(text.charCodeAt(i));
    if ((own & WORD) === 0) continue;
    if (!isStatementAt(words, i)) {
      i = runEnd(text, i, WORD) - 1;
      continue;
    }
    if (params === undefined || (params >= 0 && params < i)) params = text.indexOf("params: ", i);
    const end = params > i ? params : statementEnd(text, i);
    out += text.slice(from, i) + withoutLiterals(text.slice(i, end), false);
    from = end;
    i = end - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

function statementEnd(text: string, start: number): number {
  const quote = text.charAt(start - 1);
  const closing = quote === '"' || quote === "`" ? text.indexOf(quote, start) : -1;
  if (closing - start >= SHORTEST && !quotesLater(text, closing)) return closing;
  let end = text.length;
  for (let i = text.indexOf(" - ", start) < 0 ? end : start; i < text.length; i++) {
    const literal = literalEnd(text, i, false);
    if (literal > 0) i = literal - 1;
    else if (text.startsWith(" - ", i) && isMessage(text, i + 3)) end = i;
  }
  return end;
}

/** A word and more, or the number of an error, rather than what is subtracted in a statement: that may go on behind it. */
function isMessage(text: string, start: number): boolean {
  if (!isAt(text, start, LETTER)) return isErrorNumber(text, start);
  // `ORA-00001`, `not-null`
  const end = runEnd(text, start, WORD | DOT | DASH | PLUS_SLASH);
  if (!isAt(text, end - 1, WORD | DOT) || ',;()"`'.includes(text.charAt(end)) || text.startsWith("::", end))
    return false;
  const next = spaceEnd(text, end);
  if ("=<>+-*/%|&^,;)".includes(text.charAt(next))) return false;
  const isLiteral = isAt(text, next, DIGIT) || "'$?@".includes(text.charAt(next) || "x");
  if (isLiteral && TYPES.some((word) => isWholeWordAt(text, start, word))) return false;
  return next === end || !(isClause(text, next) || OPERATORS.some((words) => isWordsAt(text, next, words)));
}

/** `1062: …`, `(conn=12, …)`, `[Microsoft][ODBC Driver]…`, as no statement goes on. */
function isErrorNumber(text: string, start: number): boolean {
  const char = text.charAt(start);
  const name = char === "[" ? identifierEnd(text, start) : -1;
  if (name > 0) return text.charAt(name) === "[" || isAt(text, name, LETTER);
  const sign = runEnd(text, char === "(" ? start + 1 : start, WORD);
  if (char === "(")
    return ":=".includes(text.charAt(sign) || "x") && text.charAt(runEnd(text, sign + 1, DIGIT)) === ",";
  return runEnd(text, start, DIGIT) === sign && text.startsWith(": ", sign);
}

/** Before a literal that is subtracted. */
const TYPES = ["interval", "date", "time", "timestamp", "timestamptz"];

/** What may stand behind the name of a column, beside clauses. */
const OPERATORS = (
  "and,or,as,from,then,else,end,when,asc,desc,between,like,ilike,collate,mod,div,in (,in(,not in,not between,not like,not ilike," +
  "at time zone,is null,is true,is false,is distinct,is not null,is not true,is not false,is not distinct"
).split(",");

function isWordsAt(text: string, place: number, words: string): boolean {
  return words.endsWith("(") ? isWordAt(text, place, words) : isWholeWordAt(text, place, words);
}

/** A quote right behind the one that seems to end a statement: it was that of a name in it. */
function quotesLater(text: string, closing: number): boolean {
  return isAt(text, closing + 1, WORD | DOT);
}

const SHORTEST = 12;
