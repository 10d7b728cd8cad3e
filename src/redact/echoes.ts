// Takes out once more what was taken out of a text: a value that a message has twice is known once it was found in one place.
import { isAt, WORD } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { areOrdinary } from "./vocabulary.ts";

/** Shorter values are parts of other words, and longer ones are seldom there twice. */
const LEAST = 5;
const MOST = 128;
/** Values that are looked for. */
const MOST_VALUES = 4;

/**
 * The text without the values that are gone from it in another place.
 *
 * @param before - the text when it still had them
 */
export function redactEchoes(text: string, before: string): string {
  let redacted = text;
  for (const value of takenOut(text, before)) redacted = without(redacted, value);
  return redacted;
}

/** What stood where a mark stands now, as long as what stands between the marks is found in the text as it was. */
function takenOut(text: string, before: string): ReadonlySet<string> {
  const values = new Set<string>();
  let mark = text.indexOf(REDACTED);
  if (mark < 0 || !before.startsWith(text.slice(0, mark))) return values;
  let start = mark;
  while (mark >= 0 && values.size < MOST_VALUES) {
    const behind = mark + REDACTED.length;
    mark = text.indexOf(REDACTED, behind);
    const between = text.slice(behind, mark < 0 ? text.length : mark);
    // A mark that stood there before is no value, and what stands between marks does not begin within one.
    const wasMark = before.startsWith(REDACTED, start);
    const end = between === "" ? -1 : before.indexOf(between, wasMark ? start + REDACTED.length : start);
    if (end < 0) break;
    if (!wasMark && end - start >= LEAST && end - start <= MOST && !areOrdinary(before, start, end))
      values.add(before.slice(start, end));
    start = end + between.length;
  }
  return values;
}

function without(text: string, value: string): string {
  let out = "";
  let from = 0;
  let mark = text.indexOf(REDACTED);
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) {
    const end = at + value.length;
    while (mark >= 0 && mark + REDACTED.length <= at) mark = text.indexOf(REDACTED, mark + REDACTED.length);
    // A part of a mark would make it grow with every reading.
    if (mark >= 0 && mark < end) continue;
    // A part of a longer word is another word.
    if (isAt(text, at - 1, WORD) && isAt(text, at, WORD)) continue;
    if (isAt(text, end, WORD) && isAt(text, end - 1, WORD)) continue;
    out += text.slice(from, at) + REDACTED;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}
