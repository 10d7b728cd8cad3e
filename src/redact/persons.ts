// Takes out names of persons that stand behind a word such as `customer`, `got` or `name`: capitals, and no words of the vocabulary.
import { classOf, isAt, LETTER, QUOTE, UPPER } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { isOrdinary } from "./vocabulary.ts";

/** Before a name, perhaps with a colon behind it. */
const BEFORE: ReadonlySet<string> = new Set(
  (
    "customer user client member patient owner author person employee contact recipient holder cardholder guest tenant name named got " +
    "received expected value was role account driver passenger student hello hi dear mr mrs ms dr"
  ).split(" "),
);
/** Words of what is no person: software, and who makes it. */
const MAKERS: ReadonlySet<string> = new Set(
  (
    "amazon enterprise hat apache apple azure cloudflare elastic google grafana ibm internet microsoft mozilla oracle red spring visual adobe android ansible " +
    "atlassian chrome confluence datadog debian dynatrace edge envoy fedora firefox github gitlab helm heroku hibernate intel istio jaeger " +
    "jenkins kafka kibana linkerd loki mongo netlify nomad nvidia prometheus pulumi relic safari salesforce samsung sentinel sentry splunk " +
    "spanner studio stripe tempo terraform twilio ubuntu vault vercel windows zipkin"
  ).split(" "),
);
/** Between the words of a name. */
const PARTICLES = ["van ", "von ", "de ", "der ", "den ", "di ", "da ", "la ", "bin ", "al "];
/** So far behind the end of a word of a name the next one begins at most: a space, and two particles. */
export const BETWEEN_NAMES: number = 1 + 2 * Math.max(...PARTICLES.map(({ length }) => length));
const LONGEST_BEFORE = 10;
const LONGEST_NAME = 24;
const LEAST_NAMES = 2;
const MOST_NAMES = 4;
/** What stands around a field of a row, a value or a text in quotes. */
const FIELD_BEGINS = ",;|\"'`\t(>=:[";
const FIELD_ENDS = ",;|\"'`\t)<]";

/** The text without names of persons. */
export function redactPersons(text: string): string {
  let out = "";
  let from = 0;
  const hasMail = text.includes(" <");
  for (let i = 0; i < text.length; i++) {
    if (!isCapital(text.charCodeAt(i)) || (i > 0 && isNameUnit(text.charCodeAt(i - 1)))) continue;
    const end = personEnd(text, i, hasMail);
    if (end < 0) continue;
    out += text.slice(from, i) + REDACTED;
    from = end;
    i = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Where the name of a person ends that begins there; -1 if none does. */
function personEnd(text: string, start: number, hasMail: boolean): number {
  const before = text.charAt(start - 1);
  const inSpace = before === " " || before === "";
  if (!inSpace && !FIELD_BEGINS.includes(before)) return -1;
  const first = nameEnd(text, start);
  if (first < 0 || nameEnd(text, nextName(text, first)) < 0) return -1;
  if (!inSpace) {
    const { some, all } = namesEnd(text, start);
    const isValue = before === "=" || before === ":";
    const isQuoted = isAt(text, start - 1, QUOTE);
    return isValue || isFieldEnd(text, isQuoted ? all : some) || isMailAt(text, some) ? some : -1;
  }
  const word = wordBefore(text, start);
  const isIntroduced = BEFORE.has(word);
  // Behind another capital it is the name of a thing, as at the beginning of a text, unless an address follows.
  const isThing = start === 0 || (word !== "" && isCapital(text.charCodeAt(start - 1 - word.length)));
  if (isThing && !isIntroduced && !hasMail) return -1;
  const { some, all } = namesEnd(text, start);
  if (isIntroduced) return some;
  // Within a sentence, and no word of it is known to the vocabulary.
  if (all > 0 && word !== "" && !isThing) return all;
  if (text.charAt(start - 2) === ",") return isFieldEnd(text, all) ? all : -1;
  return isMailAt(text, some) ? some : -1;
}

function isFieldEnd(text: string, place: number): boolean {
  return place === text.length || (place > 0 && FIELD_ENDS.includes(text.charAt(place)));
}

/** `<`, perhaps behind a quote: a mail address follows. */
function isMailAt(text: string, place: number): boolean {
  if (place < 0) return false;
  const space = isAt(text, place, QUOTE) ? place + 1 : place;
  if (!text.startsWith(" <", space)) return false;
  let end = space + 2;
  while (end - space < LONGEST_MAIL && !"@> ".includes(text.charAt(end) || ">")) end++;
  return text.charAt(end) === "@";
}

const LONGEST_MAIL = 64;

/** The word in small letters before a space, perhaps with a colon. */
function wordBefore(text: string, place: number): string {
  const end = text.charAt(place - 2) === ":" ? place - 2 : place - 1;
  let start = end;
  while (end - start <= LONGEST_BEFORE && isAt(text, start - 1, LETTER)) start--;
  return text.slice(Math.max(0, start), Math.max(0, end)).toLowerCase();
}

/** Behind two words or more with a capital, of which some or all are unknown to the vocabulary; -1 if there are fewer. */
interface NamesEnd {
  readonly some: number;
  readonly all: number;
}

function namesEnd(text: string, start: number): NamesEnd {
  let end = -1;
  let all = -1;
  let unknown = 0;
  let next = start;
  for (let names = 1; names <= MOST_NAMES; names++) {
    const word = nameEnd(text, next);
    if (word < 0) break;
    const name = text.slice(next, word).toLowerCase();
    if (MAKERS.has(name)) return { some: -1, all: -1 };
    if (!isOrdinary(name)) unknown++;
    if (names >= LEAST_NAMES) {
      end = word;
      if (unknown === names) all = word;
    }
    next = nextName(text, word);
    if (next < 0) break;
  }
  return { some: unknown > 0 ? end : -1, all };
}

/** Where the next word of a name begins behind one that ends there; -1 if none does. */
function nextName(text: string, end: number): number {
  const char = text.charAt(end);
  if (char !== " " && char !== "+") return -1;
  if (isCapital(text.charCodeAt(end + 1))) return end + 1;
  let next = end + 1;
  for (let particle = 0; particle < 2; particle++)
    next += PARTICLES.find((one) => text.startsWith(one, next))?.length ?? 0;
  return next > end + 1 ? next : -1;
}

function nameEnd(text: string, start: number): number {
  if (start < 0 || !isCapital(text.charCodeAt(start))) return -1;
  let end = start + 1;
  while (end - start < LONGEST_NAME && (isNameUnit(text.charCodeAt(end)) || isWithinName(text, end))) {
    if (isAt(text, end, UPPER) && isAt(text, end - 1, UPPER)) return -1;
    end++;
  }
  return end - start >= LEAST_NAMES && !isNameUnit(text.charCodeAt(end)) ? end : -1;
}

/** A dash or an apostrophe between letters. */
function isWithinName(text: string, place: number): boolean {
  return "-'’".includes(text.charAt(place) || "x") && isNameUnit(text.charCodeAt(place + 1));
}

function isCapital(unit: number): boolean {
  if (unit < 0x80) return (classOf(unit) & UPPER) !== 0;
  if (!isNameUnit(unit)) return false;
  const char = String.fromCharCode(unit);
  return char !== char.toLowerCase();
}

function isNameUnit(unit: number): boolean {
  return unit >= 0x80 ? unit >= 0xc0 && unit < 0x250 : (classOf(unit) & LETTER) !== 0;
}
