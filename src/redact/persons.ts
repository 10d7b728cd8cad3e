// Takes out names of persons that stand behind a word such as `customer`, `got` or `name`: capitals, and no words of the vocabulary.
import { classOf, isAt, LETTER, LOWER, UPPER } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { isOrdinary } from "./vocabulary.ts";

/** Before a name, perhaps with a colon behind it. */
const BEFORE: ReadonlySet<string> = new Set(
  (
    "customer user client member patient owner author person employee contact recipient holder cardholder guest tenant name named got " +
    "received expected value was role account driver passenger student"
  ).split(" "),
);
const LONGEST_BEFORE = 10;
const LONGEST_NAME = 24;
const LEAST_NAMES = 2;
const MOST_NAMES = 4;

/** The text without names of persons. */
export function redactPersons(text: string): string {
  let out = "";
  let from = 0;
  for (let i = 1; i < text.length; i++) {
    if ((classOf(text.charCodeAt(i)) & UPPER) === 0 || text.charAt(i - 1) !== " ") continue;
    const end = isIntroduced(text, i) ? namesEnd(text, i) : -1;
    if (end < 0) continue;
    out += text.slice(from, i) + REDACTED;
    from = end;
    i = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

function isIntroduced(text: string, place: number): boolean {
  const end = text.charAt(place - 2) === ":" ? place - 2 : place - 1;
  let start = end;
  while (end - start <= LONGEST_BEFORE && isAt(text, start - 1, LETTER)) start--;
  return isAt(text, start, LOWER) && BEFORE.has(text.slice(start, end));
}

/** Behind two words or more with a capital, none of which is ordinary; -1 if there are fewer. */
function namesEnd(text: string, start: number): number {
  let end = -1;
  let next = start;
  for (let names = 1; names <= MOST_NAMES; names++) {
    const word = nameEnd(text, next);
    if (word < 0 || isOrdinary(text.slice(next, word))) break;
    if (names >= LEAST_NAMES) end = word;
    if (text.charAt(word) !== " ") break;
    next = word + 1;
  }
  return end;
}

function nameEnd(text: string, start: number): number {
  if (!isNameUnit(text.charCodeAt(start)) || isAt(text, start, LOWER)) return -1;
  let end = start + 1;
  while (
    end - start < LONGEST_NAME &&
    (isNameUnit(text.charCodeAt(end)) || "-'’".includes(text.charAt(end) || "x"))
  ) {
    if (isAt(text, end, UPPER) && isAt(text, end - 1, UPPER)) return -1;
    end++;
  }
  return end - start >= LEAST_NAMES && !isNameUnit(text.charCodeAt(end)) ? end : -1;
}

function isNameUnit(unit: number): boolean {
  return unit >= 0x80 ? unit >= 0xc0 && unit < 0x250 : (classOf(unit) & LETTER) !== 0;
}
