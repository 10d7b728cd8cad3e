// Reads the tables of a statement of SQL: their names, joins of them, and what stands behind them.
import { classOf, DOT, isAt, isSpace, isWordAt, QUOTE, runEnd, spaceEnd, WORD } from "./char-class.ts";

/** Where the next word begins if the first is this one, else 0. */
export function secondWord(text: string, start: number, word: string): number {
  const end = start + word.length;
  return isWordAt(text, start, word) && isSpace(text.charCodeAt(end)) ? spaceEnd(text, end) : 0;
}

/** True for this word, whatever follows it. */
export function isWholeWordAt(text: string, place: number, word: string): boolean {
  return isWordAt(text, place, word) && !isAt(text, place + word.length, WORD);
}

const MOST_WORDS = 4;

/** Behind some of these words, each with white space behind it; the place itself if none stands there. */
export function behindWords(text: string, place: number, words: readonly string[]): number {
  let start = place;
  for (let i = 0; i < MOST_WORDS && start > 0; i++) {
    const word = words.find((one) => secondWord(text, start, one) > 0);
    if (word === undefined) break;
    start = secondWord(text, start, word);
  }
  return start;
}

const LONGEST_NAME = 128;
const OPENING = '"`[';
const CLOSING = '"`]';

/** Where the name of a table or column ends, -1 if there is none: in quotes or not, with a schema or not. */
export function identifierEnd(text: string, start: number): number {
  if (start <= 0) return -1;
  let end = start;
  for (let parts = 0; parts < 4; parts++) {
    const quote = OPENING.indexOf(text.charAt(end) || " ");
    let next = quote < 0 ? runEnd(text, end, WORD, end + LONGEST_NAME) : end + 1;
    if (quote >= 0) {
      const closing = CLOSING.charAt(quote);
      while (next - end < LONGEST_NAME && next < text.length && text.charAt(next) !== closing) next++;
      if (text.charAt(next) !== closing) return -1;
      next++;
    }
    if (next === end) return -1;
    end = next;
    if (!isAt(text, end, DOT)) return end;
    end++;
    if (text.charAt(end) === "*") return end + 1;
  }
  return -1;
}

const CLAUSES = (
  "where join inner left right full cross on order group limit offset fetch for union returning using having set values as natural " +
  "except intersect window tablesample straight_join"
).split(" ");

/** The name of a table, perhaps another name for it, and a clause, or the end if it may be there. */
export function isTable(text: string, start: number, mayEnd = true): boolean {
  const end = identifierEnd(text, start);
  if (end < 0) return text.charAt(start) === "(" && start > 0;
  const next = spaceEnd(text, end);
  if ((mayEnd && endsHere(text, next)) || isClause(text, next)) return true;
  const alias = next > end ? identifierEnd(text, next) : -1;
  if (alias < 0) return false;
  const behind = spaceEnd(text, alias);
  return (mayEnd && endsHere(text, behind)) || isClause(text, behind);
}

/** Where what follows a list of tables begins, each perhaps with another name; -1 if there is none, or words that join sentences. */
export function tablesEnd(text: string, start: number): number {
  let next = start;
  for (let tables = 0; tables < MOST_WORDS; tables++) {
    const end = isNoTable(text, next) ? -1 : identifierEnd(text, next);
    if (end < 0) return -1;
    next = spaceEnd(text, end);
    const alias = secondWord(text, next, "as") || next;
    if (!isClause(text, alias) && !isNoTable(text, alias))
      next = Math.max(next, spaceEnd(text, identifierEnd(text, alias)));
    if (text.charAt(next) !== ",") return next;
    next = spaceEnd(text, next + 1);
  }
  return -1;
}

function isNoTable(text: string, place: number): boolean {
  return NO_TABLES.some((word) => isWholeWordAt(text, place, word));
}

const NO_TABLES = ["and", "or", "then", "from", "set"];

/** A join of a table, with a condition or columns behind it, or with what goes on in the statement. */
export function isJoin(text: string, place: number): boolean {
  const table = joinedAt(text, place);
  if (table === 0 || text.charAt(table) === "(") return table > 0;
  const end = tablesEnd(text, table);
  if (end < 0) return false;
  return (
    isCondition(text, secondWord(text, end, "on") || secondWord(text, end, "where")) ||
    ["using(", "using (", "set "].some((words) => isWordAt(text, end, words)) ||
    joinedAt(text, end) > 0
  );
}

/** Where a table begins that is joined; 0 if none is. */
function joinedAt(text: string, place: number): number {
  return (
    secondWord(text, behindWords(text, place, JOINS), "join") || secondWord(text, place, "straight_join")
  );
}

const JOINS = ["inner", "left", "right", "full", "outer", "cross", "natural"];

/** The name of a column and how it is compared, or a function. */
export function isCondition(text: string, place: number): boolean {
  if (place === 0) return false;
  let start = place;
  while (text.charAt(start) === "(") start = spaceEnd(text, start + 1);
  const end = identifierEnd(text, secondWord(text, start, "not") || start);
  if (end < 0) return false;
  const next = spaceEnd(text, end);
  const operator = secondWord(text, next, "not") || next;
  return (
    text.charAt(end) === "(" ||
    "=<>!".includes(text.charAt(next) || "x") ||
    COMPARISONS.some((words) => isWordAt(text, operator, words))
  );
}

const COMPARISONS = [
  "in (",
  "in(",
  "is null",
  "is not null",
  "between ",
  "->",
  "like '",
  "like $",
  "like ?",
  "ilike '",
];

function endsHere(text: string, place: number): boolean {
  return (
    place >= text.length ||
    ";,)]".includes(text.charAt(place)) ||
    (classOf(text.charCodeAt(place)) & QUOTE) !== 0
  );
}

export function isClause(text: string, place: number): boolean {
  return CLAUSES.some((word) => isWholeWordAt(text, place, word));
}
