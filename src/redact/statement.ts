// Finds SQL statements in a text, wherever they stand, and takes their literals out; prose that begins like SQL stays.
import {
  classOf,
  DIGIT,
  DOT,
  EQUALS,
  isAt,
  isSpace,
  isWordAt,
  LETTER,
  QUOTE,
  runEnd,
  spaceEnd,
  WORD,
} from "./char-class.ts";
import { literalEnd, withoutLiterals } from "./literals.ts";

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
  for (let i = 0; i < text.length; i++) {
    const own = classOf(text.charCodeAt(i));
    if ((own & WORD) === 0) continue;
    if (!isStatementAt(words, i)) {
      i = runEnd(text, i, WORD) - 1;
      continue;
    }
    const end = statementEnd(words, i);
    out += text.slice(from, i) + withoutLiterals(text.slice(i, end), false);
    from = end;
    i = end - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

function statementEnd(words: Words, start: number): number {
  const { text } = words;
  const params = words.next("params:", start);
  if (params > start) return params;
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

/** A word and another one, rather than what is subtracted in a statement: that may go on behind it. */
function isMessage(text: string, start: number): boolean {
  const end = runEnd(text, start, WORD | DOT);
  if (!isAt(text, start, LETTER) || end >= text.length || ",)(=<>+-*/|;".includes(text.charAt(end)))
    return false;
  const next = spaceEnd(text, end);
  if (next >= text.length || "=<>+-*/|".includes(text.charAt(next))) return false;
  return (
    next === end || !(isClause(text, next) || OPERATORS.some((word) => secondWordOrEnd(text, next, word)))
  );
}

/** What may stand behind the name of a column, beside clauses. */
const OPERATORS = [
  "and",
  "or",
  "as",
  "is",
  "in",
  "from",
  "then",
  "else",
  "end",
  "when",
  "asc",
  "desc",
  "between",
  "like",
];

/** A quote right behind the one that seems to end a statement: it was that of a name in it. */
function quotesLater(text: string, closing: number): boolean {
  return isAt(text, closing + 1, WORD | DOT);
}

const SHORTEST = 12;

/** Where words stand next: each is looked for once. */
class Words {
  readonly text: string;
  readonly #known = new Map<string, { readonly from: number; readonly at: number }>();

  constructor(text: string) {
    this.text = text;
  }

  /** Where a word stands next between white space; -1 if nowhere. */
  next(word: string, from: number): number {
    const known = this.#known.get(word);
    if (known !== undefined && from >= known.from && (known.at < 0 || from <= known.at)) return known.at;
    let at = from;
    while (at < this.text.length && !this.#isWord(word, at)) at++;
    const found = at < this.text.length ? at : -1;
    this.#known.set(word, { from, at: found });
    return found;
  }

  #isWord(word: string, at: number): boolean {
    const { text } = this;
    if (!isSpace(text.charCodeAt(at - 1)) || !isWordAt(text, at, word)) return false;
    return isSpace(text.charCodeAt(at + word.length));
  }
}

/** First words of a statement that mean nothing else without a bracket, which `with` needs. */
export const STATEMENT_WORDS: readonly string[] = [
  "call",
  "delete",
  "insert",
  "merge",
  "replace",
  "select",
  "update",
];

function isStatementAt(words: Words, start: number): boolean {
  const { text } = words;
  switch (text.charCodeAt(start) | 0x20) {
    case 0x63: {
      const name = secondWord(text, start, "call");
      const end = name > 0 ? identifierEnd(text, name) : -1;
      if (end < 0) return false;
      const open = spaceEnd(text, end);
      return (
        text.charAt(open) === "(" &&
        (open === end || text.charCodeAt(start) === 0x43) &&
        !isAt(text, open + 1, LETTER)
      );
    }
    case 0x64:
      return isTable(text, phraseEnd(text, start, "delete", "from"));
    case 0x69:
      return isInsert(text, phraseEnd(text, start, "insert", "into"));
    case 0x6d:
      return identifierEnd(text, phraseEnd(text, start, "merge", "into")) > 0;
    case 0x72:
      return isInsert(text, phraseEnd(text, start, "replace", "into"));
    case 0x73:
      return isSelect(words, secondWord(text, start, "select"));
    case 0x75:
      return isUpdate(text, secondWord(text, start, "update"));
    case 0x77:
      return isWith(text, secondWord(text, start, "with"));
    default:
      return false;
  }
}

/** Where the next word begins if the first is this one, else 0. */
function secondWord(text: string, start: number, word: string): number {
  const end = start + word.length;
  return isWordAt(text, start, word) && isSpace(text.charCodeAt(end)) ? spaceEnd(text, end) : 0;
}

/** Where what follows two words begins, else 0. */
function phraseEnd(text: string, start: number, first: string, second: string): number {
  const place = secondWord(text, start, first);
  return place > 0 ? secondWord(text, place, second) : 0;
}

const LONGEST_NAME = 128;
const OPENING = '"`[';
const CLOSING = '"`]';

/** Where the name of a table or column ends, -1 if there is none: in quotes or not, with a schema or not. */
function identifierEnd(text: string, start: number): number {
  if (start <= 0) return -1;
  let end = start;
  for (let parts = 0; parts < 4; parts++) {
    const quote = OPENING.indexOf(text.charAt(end) || " ");
    let next = quote < 0 ? runEnd(text, end, WORD, end + LONGEST_NAME) : end + 1;
    if (quote >= 0) {
      while (next - end < LONGEST_NAME && next < text.length && text.charAt(next) !== CLOSING.charAt(quote))
        next++;
      next++;
    }
    if (next === end || next > text.length) return -1;
    end = next;
    if (!isAt(text, end, DOT)) return end;
    end++;
  }
  return -1;
}

const CLAUSES = (
  "where join inner left right full cross on order group limit offset fetch for union returning using having set values as natural " +
  "except intersect window tablesample"
).split(" ");

/** The name of a table, perhaps another name for it, and the end or a clause. */
function isTable(text: string, start: number): boolean {
  const end = identifierEnd(text, start);
  if (end < 0) return text.charAt(start) === "(" && start > 0;
  const next = spaceEnd(text, end);
  if (endsHere(text, next) || isClause(text, next)) return true;
  const alias = next > end ? identifierEnd(text, next) : -1;
  if (alias < 0) return false;
  const behind = spaceEnd(text, alias);
  return endsHere(text, behind) || isClause(text, behind);
}

function endsHere(text: string, place: number): boolean {
  return (
    place >= text.length ||
    ";,)]".includes(text.charAt(place)) ||
    (classOf(text.charCodeAt(place)) & QUOTE) !== 0
  );
}

function isClause(text: string, place: number): boolean {
  return CLAUSES.some((word) => isWordAt(text, place, word) && !isAt(text, place + word.length, WORD));
}

function isInsert(text: string, start: number): boolean {
  const end = identifierEnd(text, start);
  if (end < 0) return false;
  const next = spaceEnd(text, end);
  return (
    text.charAt(next) === "(" ||
    ["values", "select", "default", "set", "as"].some((word) => secondWordOrEnd(text, next, word))
  );
}

function secondWordOrEnd(text: string, place: number, word: string): boolean {
  return isWordAt(text, place, word) && !isAt(text, place + word.length, WORD);
}

function isUpdate(text: string, start: number): boolean {
  const end = identifierEnd(text, start);
  if (end < 0) return false;
  let next = spaceEnd(text, end);
  if (!secondWordOrEnd(text, next, "set")) {
    const alias = isWordAt(text, next, "as ") ? identifierEnd(text, next + 3) : identifierEnd(text, next);
    if (alias < 0) return false;
    next = spaceEnd(text, alias);
    if (!secondWordOrEnd(text, next, "set")) return false;
  }
  const column = identifierEnd(text, spaceEnd(text, next + 3));
  return column > 0 && isAt(text, spaceEnd(text, column), EQUALS);
}

function isWith(text: string, start: number): boolean {
  const name = isWordAt(text, start, "recursive ") ? start + 10 : start;
  const end = identifierEnd(text, name);
  const as = end < 0 ? 0 : secondWord(text, spaceEnd(text, end), "as");
  if (as === 0 || text.charAt(as) !== "(") return false;
  const first = spaceEnd(text, as + 1);
  return ["select", "insert", "update", "delete", "values", "with"].some((word) =>
    secondWordOrEnd(text, first, word),
  );
}

/** A list that begins as one of SQL, and the name of a table; or a literal alone. */
function isSelect(words: Words, place: number): boolean {
  if (place === 0) return false;
  const { text } = words;
  const start = secondWord(text, place, "distinct") || secondWord(text, place, "all") || place;
  const char = text.charAt(start);
  if (char === "'" || char === "(") return true;
  const end = identifierEnd(text, start);
  const next = end < 0 ? start : spaceEnd(text, end);
  if (end > 0 && text.charAt(end) === "(") return true;
  const begins =
    end < 0
      ? "*$?:@-".includes(char || "x")
      : ",*".includes(text.charAt(next) || "x") || text.charAt(end) === ":";
  const from = words.next("from", begins ? start : next);
  if (from < 0 || !(begins || from === next || secondWord(text, next, "as") > 0))
    return isAt(text, start, DIGIT);
  return isTable(text, spaceEnd(text, from + 4));
}
