// Decides where a statement of SQL begins, and not only a sentence with the same first word.
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

/** Where words stand next: each is looked for once. */
export class Words {
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

/** True for the first word of a statement. */
export function isStatementAt(words: Words, start: number): boolean {
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
      return isDelete(text, behindWords(text, secondWord(text, start, "delete"), WRITE_WORDS));
    case 0x69:
      return isInsert(text, phraseEnd(text, start, "insert", "into"));
    case 0x6d:
      return identifierEnd(text, phraseEnd(text, start, "merge", "into")) > 0;
    case 0x72:
      return isInsert(text, phraseEnd(text, start, "replace", "into"));
    case 0x73:
      return isSelect(words, secondWord(text, start, "select"));
    case 0x75:
      return isUpdate(words, behindWords(text, secondWord(text, start, "update"), WRITE_WORDS));
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

/** Where what follows two words begins, with others between them or not, else 0. */
function phraseEnd(text: string, start: number, first: string, second: string): number {
  const place = behindWords(text, secondWord(text, start, first), WRITE_WORDS);
  return place > 0 ? secondWord(text, place, second) : 0;
}

/** What may stand behind the first word of a statement. */
const WRITE_WORDS =
  "or replace rollback abort fail ignore only low_priority high_priority delayed quick".split(" ");
const SELECT_WORDS =
  "distinct all distinctrow high_priority straight_join sql_calc_found_rows sql_no_cache sql_small_result sql_big_result".split(
    " ",
  );
const MOST_WORDS = 4;

/** Behind some of these words, each with white space behind it; the place itself if none stands there. */
function behindWords(text: string, place: number, words: readonly string[]): number {
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
    if (text.charAt(end) === "*") return end + 1;
  }
  return -1;
}

const CLAUSES = (
  "where join inner left right full cross on order group limit offset fetch for union returning using having set values as natural " +
  "except intersect window tablesample"
).split(" ");

/** The name of a table, perhaps another name for it, and a clause, or the end if it may be there. */
function isTable(text: string, start: number, mayEnd = true): boolean {
  const end = identifierEnd(text, start);
  if (end < 0) return text.charAt(start) === "(" && start > 0;
  const next = spaceEnd(text, end);
  if ((mayEnd && endsHere(text, next)) || isClause(text, next)) return true;
  const alias = next > end ? identifierEnd(text, next) : -1;
  if (alias < 0) return false;
  const behind = spaceEnd(text, alias);
  return (mayEnd && endsHere(text, behind)) || isClause(text, behind);
}

/** MySQL names the tables of which rows go before those that it joins. */
function isDelete(text: string, start: number): boolean {
  const from = secondWord(text, start, "from");
  if (start === 0 || from > 0) return isTable(text, from);
  let end = identifierEnd(text, start);
  let next = spaceEnd(text, end);
  let isList = text.charAt(end - 1) === "*";
  for (let tables = 1; tables < MOST_WORDS && end > 0 && text.charAt(next) === ","; tables++) {
    isList = true;
    end = identifierEnd(text, spaceEnd(text, next + 1));
    next = spaceEnd(text, end);
  }
  return end > 0 && isTable(text, secondWord(text, next, "from"), isList);
}

function endsHere(text: string, place: number): boolean {
  return (
    place >= text.length ||
    ";,)]".includes(text.charAt(place)) ||
    (classOf(text.charCodeAt(place)) & QUOTE) !== 0
  );
}

export function isClause(text: string, place: number): boolean {
  return CLAUSES.some((word) => isWordAt(text, place, word) && !isAt(text, place + word.length, WORD));
}

function isInsert(text: string, start: number): boolean {
  const end = identifierEnd(text, start);
  if (end < 0) return false;
  const next = spaceEnd(text, end);
  return (
    text.charAt(next) === "(" ||
    ["values", "select", "default", "set", "as"].some((word) => isWholeWordAt(text, next, word))
  );
}

/** True for this word, whatever follows it. */
export function isWholeWordAt(text: string, place: number, word: string): boolean {
  return isWordAt(text, place, word) && !isAt(text, place + word.length, WORD);
}

function isUpdate(words: Words, start: number): boolean {
  const { text } = words;
  const end = identifierEnd(text, start);
  if (end < 0) return false;
  let next = spaceEnd(text, end);
  if (!isWholeWordAt(text, next, "set") && !isJoin(text, next)) {
    const alias = isWordAt(text, next, "as ") ? identifierEnd(text, next + 3) : identifierEnd(text, next);
    if (alias < 0) return false;
    next = spaceEnd(text, alias);
  }
  if (isJoin(text, next)) next = words.next("set", next);
  if (next < 0 || !isWholeWordAt(text, next, "set")) return false;
  const column = identifierEnd(text, spaceEnd(text, next + 3));
  return column > 0 && isAt(text, spaceEnd(text, column), EQUALS);
}

function isJoin(text: string, place: number): boolean {
  return text.charAt(place) === "," || JOINS.some((word) => secondWord(text, place, word) > 0);
}

const JOINS = ["join", "inner", "left", "right", "cross", "natural", "straight_join"];

function isWith(text: string, start: number): boolean {
  const name = isWordAt(text, start, "recursive ") ? start + 10 : start;
  const end = identifierEnd(text, name);
  const as = end < 0 ? 0 : secondWord(text, spaceEnd(text, end), "as");
  if (as === 0 || text.charAt(as) !== "(") return false;
  const first = spaceEnd(text, as + 1);
  return ["select", "insert", "update", "delete", "values", "with"].some((word) =>
    isWholeWordAt(text, first, word),
  );
}

/** A list that begins as one of SQL, and the name of a table; or a literal alone. */
function isSelect(words: Words, place: number): boolean {
  if (place === 0) return false;
  const { text } = words;
  let start = behindWords(text, place, SELECT_WORDS);
  const top = secondWord(text, start, "top") || (isWordAt(text, start, "top(") ? start + 3 : 0);
  if (top > 0) {
    if (text.charAt(top) === "(") return true;
    start = behindWords(text, spaceEnd(text, runEnd(text, top, DIGIT)), ["percent"]);
  }
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
  // The top of a list, in prose.
  return isTable(text, spaceEnd(text, from + 4), begins || top === 0);
}
