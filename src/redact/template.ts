// Makes the template of a message: words of the vocabulary and punctuation stay, everything else is "…".
import { CONTROL, classOf, LETTER, LOWER, runEnd, UPPER } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { isOrdinary } from "./vocabulary.ts";

const REST = "…";
/** What separates words; a full stop, a question and an exclamation mark do at the end of one. */
const SEPARATORS = " \"'`()[]{}<>,;:=&|";
const ENDS = ".!?…";
/** Behind these a word may begin with a capital. */
const BEFORE_CAPITAL = ".:!?;\"'`([{-";
const LONGEST_SIGN = 3;

/**
 * The template of a text: `Wrong password … for …` of "Wrong password hunter for bob". No list of secrets is needed for it, because only
 * words of the vocabulary are left: not in part of a longer word, and with a capital only where a sentence begins, or in capitals as a whole.
 *
 * @param allow - further words that stay, in small letters
 */
export function templateOf(text: string, allow?: ReadonlySet<string>): string {
  const out = new Template();
  for (let i = 0; i < text.length; ) {
    if (text.startsWith(REDACTED, i)) {
      out.rest();
      i += REDACTED.length;
      continue;
    }
    const start = i;
    while (i < text.length && isWordUnit(text, i)) i++;
    if (i > start) out.word(text, start, i, allow);
    if (i < text.length && !text.startsWith(REDACTED, i)) out.separator(text.charAt(i++));
  }
  return out.toString();
}

function isWordUnit(text: string, place: number): boolean {
  const char = text.charAt(place);
  if (char === "'") return isLetterAt(text, place - 1) && isLetterAt(text, place + 1);
  return !SEPARATORS.includes(char) && (classOf(text.charCodeAt(place)) & CONTROL) === 0;
}

function isLetterAt(text: string, place: number): boolean {
  return (classOf(text.charCodeAt(place)) & LETTER) !== 0;
}

/** Puts a template together: of what was replaced in a row one mark is left. */
class Template {
  #out = "";
  /** The template ends with the mark, and perhaps spaces. */
  #inRest = false;
  #capital = true;

  word(text: string, start: number, end: number, allow: ReadonlySet<string> | undefined): void {
    let last = end;
    while (last > start && ENDS.includes(text.charAt(last - 1))) last--;
    if (last > start) this.#piece(text.slice(start, last), allow);
    for (let i = last; i < end; i++) {
      const char = text.charAt(i);
      // An ellipsis of the text says the same as ours.
      if (char === REST) this.rest();
      else this.separator(char);
    }
  }

  separator(char: string): void {
    if (char === " " && (this.#out === "" || this.#out.endsWith(" "))) return;
    if (char !== " ") {
      this.#inRest = false;
      this.#capital = BEFORE_CAPITAL.includes(char);
    }
    this.#out += char;
  }

  #piece(word: string, allow: ReadonlySet<string> | undefined): void {
    if (allow?.has(word.toLowerCase()) || (isOrdinary(word) && this.#isWritten(word)) || isSign(word)) {
      this.#out += word;
      this.#inRest = false;
    } else this.rest();
    this.#capital = word === "-";
  }

  /** Something was replaced. */
  rest(): void {
    if (this.#inRest) this.#out = this.#out.trimEnd();
    else this.#out += REST;
    this.#inRest = true;
  }

  /** In small letters, in capitals, or with one where it may stand: elsewhere it may be a name. */
  #isWritten(word: string): boolean {
    const first = classOf(word.charCodeAt(0));
    if ((first & UPPER) === 0) return runEnd(word, 0, LOWER) === word.length || !hasCapital(word);
    if (runEnd(word, 0, UPPER) === word.length) return true;
    return this.#capital && !hasCapital(word.slice(1));
  }

  toString(): string {
    return this.#out.trimEnd();
  }
}

function hasCapital(word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((classOf(word.charCodeAt(i)) & UPPER) !== 0) return true;
  return false;
}

/** A dash, an arrow, a sum: no letters and digits, and short. */
function isSign(word: string): boolean {
  if (word.length > LONGEST_SIGN) return false;
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i);
    if (unit >= 0x80 || (unit | 0x20) >= 0x61 || (unit >= 0x30 && unit <= 0x39)) return false;
  }
  return true;
}
