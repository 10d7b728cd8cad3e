// Decides where a statement of SQL begins, and not only a sentence with the same first word.
import { DIGIT, EQUALS, isAt, isSpace, isWordAt, LETTER, runEnd, spaceEnd } from "./char-class.ts";
import {
  behindWords,
  identifierEnd,
  isCondition,
  isJoin,
  isTable,
  isWholeWordAt,
  secondWord,
  tablesEnd,
} from "./statement-tables.ts";

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
      return isDelete(text, behindWords(text, secondWord(text, start, "delete"), DELETE_WORDS));
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

/** Where what follows two words begins, with others between them or not, else 0. */
function phraseEnd(text: string, start: number, first: string, second: string): number {
  const place = behindWords(text, secondWord(text, start, first), WRITE_WORDS);
  return place > 0 ? secondWord(text, place, second) : 0;
}

/** What may stand behind the first word of a statement. */
const WRITE_WORDS =
  "or replace rollback abort fail ignore only low_priority high_priority delayed quick".split(" ");
const DELETE_WORDS = ["low_priority", "quick", "ignore"];
const SELECT_WORDS =
  "distinct all distinctrow high_priority straight_join sql_calc_found_rows sql_no_cache sql_small_result sql_big_result".split(
    " ",
  );

/** Some databases name the tables of which rows go before those that are joined. So does prose, but for a join or a condition. */
function isDelete(text: string, start: number): boolean {
  if (start === 0) return false;
  const from = secondWord(text, start, "from");
  if (from > 0) return isTable(text, from);
  const next = tablesEnd(text, start);
  const end = next > 0 ? tablesEnd(text, secondWord(text, next, "from")) : -1;
  return end > 0 && (isJoin(text, end) || isCondition(text, secondWord(text, end, "where")));
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

function isUpdate(words: Words, start: number): boolean {
  const { text } = words;
  const end = tablesEnd(text, start);
  if (end < 0) return false;
  const set = isJoin(text, end) ? words.next("set", end) : end;
  if (set < 0 || !isWholeWordAt(text, set, "set")) return false;
  const name = spaceEnd(text, set + 3);
  const column = identifierEnd(text, name);
  if (column < 0 || !isAt(text, spaceEnd(text, column), EQUALS)) return false;
  // Of several tables a column is told with the name of its own.
  return !text.slice(start, end).includes(",") || text.slice(name, column).includes(".");
}

function isWith(text: string, start: number): boolean {
  if (start === 0) return false;
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
