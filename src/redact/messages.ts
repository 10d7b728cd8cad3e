// Takes the values out of the messages of databases; the names of columns and keys stay.
import { isAt, isSpace, WORD } from "./char-class.ts";
import { PLACES, type Place } from "./message-places.ts";
import { PairFilter, pairsOf } from "./pair-filter.ts";
import { REDACTED } from "./redacted.ts";
import { MOST_ESCAPES } from "./values.ts";

/** What stands before a value, one of these in each place. */
const OPENERS = "\"'({:,[=";

/** A message, with the quotes behind `before` and `opening` by themselves: within JSON they have backslashes before them. */
interface Message {
  readonly head: string;
  readonly pairs: readonly number[];
  readonly quote: string;
  readonly openingHead: string;
  readonly openingQuote: string;
  /** What ends the value, for each number of backslashes. */
  readonly ends: readonly (readonly string[])[];
  readonly place: Place;
}

/** All of one shape: the first part of each is looked for in every text that may have a message. */
const MESSAGES: readonly Message[] = PLACES.map((place) => {
  const [head, quote] = withoutQuote(place.before);
  const [openingHead, openingQuote] = withoutQuote(place.opening?.text ?? "");
  const ends = Array.from({ length: MOST_ESCAPES + 1 }, (_, escapes) =>
    place.after.map((one) => one.replaceAll(/["']/g, (mark) => "\\".repeat(escapes) + mark)),
  );
  return { head, pairs: pairsOf(head), quote, openingHead, openingQuote, ends, place };
});

/** A quote alone is looked for as it is: the empty text would be found everywhere, behind the end again and again. */
function withoutQuote(text: string): readonly [head: string, quote: string] {
  return /.["']$/.test(text) ? [text.slice(0, -1), text.slice(-1)] : [text, ""];
}

/** For each place the bit of its opener: most messages have none or one of them. */
const OPENER_BITS: readonly number[] = PLACES.map(({ before, opening }) => {
  return 1 << OPENERS.indexOf((opening?.text ?? before).trimEnd().slice(-1));
});

/** A word without which no text has such a message. */
interface Trigger {
  readonly word: string;
  /** Another letter may stand before it. */
  readonly isEnd: boolean;
}

/** Words of too many texts. `response` has `=` and a quote behind it. */
const COMMON: ReadonlySet<string> = new Set(["failed", "connect", "response"]);

/** The longest word of a message that is no word of all messages. Its first word may be an end of one, as in "ncorrect". */
function triggerOf({ before, word, opening }: Place): Trigger | undefined {
  const texts = [before, opening?.text ?? ""];
  const words = texts.flatMap((text) => [...text.matchAll(/[A-Za-z]+/g)].map((match) => ({ match, text })));
  const triggers = words.map(({ match, text }) => ({
    word: match[0].toLowerCase(),
    isEnd: text === before && match.index === 0 && word !== true,
  }));
  return triggers
    .filter(({ word }) => !COMMON.has(word))
    .sort((a, b) => Number(a.isEnd) - Number(b.isEnd) || b.word.length - a.word.length)[0];
}

const TRIGGERS: readonly Trigger[] = PLACES.flatMap((place) => triggerOf(place) ?? []);
/** Words of which each message has one, but for those with `=` before a quote; and ends of words. */
export const MESSAGE_WORDS: readonly string[] = TRIGGERS.filter(({ isEnd }) => !isEnd).map(
  ({ word }) => word,
);
export const MESSAGE_ENDS: readonly string[] = TRIGGERS.filter(({ isEnd }) => isEnd).map(({ word }) => word);

/** Rules out most messages in one reading of the text; only the others are looked for one by one. */
const FILTER = new PairFilter();

/**
 * The text without the values of data that a database's message contains.
 *
 * @param isCut - a value reaches to the end if what ends it is not there
 */
export function redactMessages(text: string, isCut = false): string {
  let openers = 0;
  for (let i = 0; i < OPENERS.length; i++) if (text.includes(OPENERS.charAt(i))) openers |= 1 << i;
  let redacted = text;
  let known: string | undefined;
  for (let i = 0; i < PLACES.length; i++) {
    if ((openers & (OPENER_BITS[i] as number)) === 0) continue;
    if (known !== redacted) FILTER.read(redacted);
    known = redacted;
    const message = MESSAGES[i] as Message;
    if (FILTER.mayHold(message.pairs)) redacted = withoutValue(redacted, message, isCut);
  }
  return redacted;
}

/**
 * A value reaches to the last place where what ends it stands: that is looked for once for each number of backslashes. A value that
 * nothing ends is passed over, because behind it one may have another number of them.
 */
function withoutValue(text: string, message: Message, isCut: boolean): string {
  let value = valueAfter(text, 0, message);
  if (value === undefined) return text;
  const { beside, unless } = message.place;
  if (beside !== undefined && !text.includes(beside)) return text;
  const known: (readonly number[] | undefined)[] = [];
  let out = "";
  let from = 0;
  let next = 0;
  for (; value !== undefined; value = valueAfter(text, next, message)) {
    const { start, escapes } = value;
    next = start;
    const ends = known[escapes] ?? message.ends[escapes]?.map((one) => lastOf(text, one)) ?? [];
    known[escapes] = ends;
    const last = isCut && start < text.length ? text.length : undefined;
    const end = ends.find((one) => one > start) ?? last;
    if (end === undefined) continue;
    const stays = unless !== undefined && text.startsWith(unless, start);
    out += stays ? text.slice(from, end) : text.slice(from, start) + REDACTED;
    from = end;
    next = end;
  }
  return out + text.slice(from);
}

function lastOf(text: string, end: string): number {
  return end === "" ? text.length : text.lastIndexOf(end);
}

/** Where a value begins, and how many backslashes stand before its quote. */
interface Start {
  readonly start: number;
  readonly escapes: number;
}

/** Where the value of the next message of the kind begins. The opening is looked for once. */
function valueAfter(text: string, from: number, message: Message): Start | undefined {
  const { head, place } = message;
  let open = -1;
  let value: Start | undefined;
  for (let at = text.indexOf(head, from); at >= 0; at = text.indexOf(head, at + 1)) {
    const { quote, openingHead, openingQuote } = message;
    if (place.word && isAt(text, at - 1, WORD)) continue;
    if (place.spaced && !isSpace(text.charCodeAt(at - 1))) continue;
    const first = behindQuote(text, at + head.length, quote);
    if (first === undefined) continue;
    const end = first.start;
    const { opening } = place;
    if (opening === undefined)
      return place.space && text.charAt(end) === " " ? { start: end + 1, escapes: 0 } : first;
    if (open < end + opening.least) {
      value = undefined;
      open = end + opening.least - 1;
      do {
        open = text.indexOf(openingHead, open + 1);
        if (open >= 0) value = behindQuote(text, open + openingHead.length, openingQuote);
      } while (open >= 0 && value === undefined);
    }
    if (value === undefined) return undefined;
    if (open - end <= opening.most && areAll(text, end, open, opening.between))
      return quote === "" ? value : { start: value.start, escapes: first.escapes };
  }
  return undefined;
}

/** Behind a quote that stands there with backslashes before it or without, or the place itself if none is asked for. */
function behindQuote(text: string, place: number, quote: string): Start | undefined {
  if (quote === "") return { start: place, escapes: 0 };
  let at = place;
  while (at - place < MOST_ESCAPES && text.charAt(at) === "\\") at++;
  return text.charAt(at) === quote ? { start: at + 1, escapes: at - place } : undefined;
}

function areAll(text: string, from: number, to: number, accepts: (unit: number) => boolean): boolean {
  for (let i = from; i < to; i++) if (!accepts(text.charCodeAt(i))) return false;
  return true;
}
