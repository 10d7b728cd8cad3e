// Takes out words that were made at random, and segments of paths behind names such as `webhooks` and `reset`.
import {
  classOf,
  DASH,
  DIGIT,
  DOT,
  isAt,
  isWordAt,
  LETTER,
  LOWER,
  runEnd,
  TILDE,
  UNDERSCORE,
  UPPER,
  WORD,
} from "./char-class.ts";
import { isAllowed, isRandom, isUuid, looksLikeName } from "./looks-secret.ts";
import { REDACTED } from "./redacted.ts";

const SLUG = WORD | DASH;
/** Shortest word that is looked at. */
const LEAST_WORD = 16;
/** Lengths of common ids: nanoid, a UUID in base 57 or 58. */
const IDS = [21, 22];
/** The same in a path, and behind a name that says what it is for. */
const LEAST_SEGMENT = 20;
const LEAST_NAMED_SEGMENT = 12;
const LONGEST_PREFIX = 10;

/** Parts of a word that say that the rest is a secret: `acme_live_…`. An id has another one: `cus_…`, `req_…`. */
const SECRET_PARTS: ReadonlySet<string> = new Set(
  "sk rk pk pat key apikey token tkn secret live test api auth bearer sess session refresh access".split(" "),
);

/** Names before a segment that is a secret, and those before several. */
const SEGMENT_NAMES = [
  "reset",
  "token",
  "invite",
  "verif",
  "confirm",
  "activat",
  "unsubscribe",
  "magic",
  "password",
  "secret",
];
/** At the end of a word, or before what belongs to it: `licensekey`, `sharelink`. Not in `authors`, `keyboards` and `accessories`. */
const WEAKER_NAMES: ReadonlySet<string> = new Set(
  "session share shared login callback key auth oauth authenticate authentication authorize authorization access download join"
    .split(" ")
    .flatMap((name) => ["", "link", "code", "url", "key", "id"].map((end) => name + end))
    .flatMap((name) => [name, `${name}s`]),
);
/** Other words that end so. */
const OTHER_WORDS: ReadonlySet<string> = new Set(
  "monkey donkey turkey hockey jockey whiskey possession obsession"
    .split(" ")
    .flatMap((name) => [name, `${name}s`]),
);
/** Behind it there is much else than webhooks. */
const SERVICES = "services";
const REST_NAMES: ReadonlySet<string> = new Set([
  "webhooks",
  "webhook",
  "webhookb2",
  // Of Teams, behind a segment with `@`.
  "incomingwebhook",
  "hooks",
  "hook",
]);
const LONGEST_NAME = 32;
const SHORTEST_NAME = 3;

/** The text without words that were made at random. Names in camel case, UUIDs and hexadecimal ids stay, and what `…id` names. */
export function redactRandomWords(text: string, allow?: readonly string[]): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isAt(text, i, SLUG)) continue;
    const end = runEnd(text, i, SLUG);
    if (end - i >= LEAST_WORD && isSecretWord(text, i, end) && !isAllowed(text, i, allow)) {
      out += text.slice(from, i) + REDACTED;
      from = end;
    }
    i = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

function isSecretWord(text: string, start: number, end: number): boolean {
  const prefix = prefixOf(text, start, end);
  if (prefix >= 0) {
    const named = SECRET_PARTS.has(text.slice(prefix, runEnd(text, prefix, LETTER)).toLowerCase());
    const rest = runEnd(text, prefix, LETTER) + 1;
    if (named && end - rest >= 16 && isMixed(text, rest, end)) return true;
    // An id with the name of its kind.
    if (prefix === start && text.charAt(rest - 1) === "_") return false;
  }
  const length = end - start;
  if (
    length < LEAST_WORD ||
    (IDS.includes(length) && text.charAt(start - 1) !== "=") ||
    isAt(text, start - 1, DOT) ||
    (isAt(text, end, DOT) && isAt(text, end + 1, SLUG))
  )
    return false;
  return isRandom(text, start, end) && !isDigest(text, start) && !isIdBefore(text, start);
}

/** The last of up to three short parts of small letters; -1 if there is none. */
function prefixOf(text: string, start: number, end: number): number {
  let part = -1;
  let next = start;
  for (let parts = 0; parts < 3; parts++) {
    const letters = runEnd(text, next, LETTER & ~UPPER, Math.min(end, next + LONGEST_PREFIX));
    if (letters === next || !isAt(text, letters, UNDERSCORE | DASH)) break;
    part = next;
    next = letters + 1;
  }
  return part;
}

function isMixed(text: string, start: number, end: number): boolean {
  let classes = 0;
  for (let i = start; i < end; i++) classes |= classOf(text.charCodeAt(i));
  return (classes & DIGIT) !== 0 && (classes & LETTER) !== 0 && !looksLikeName(text, start, end);
}

/** `sha512-…`, as npm writes it. */
function isDigest(text: string, start: number): boolean {
  return text.startsWith("sha", start) && isAt(text, start + 3, DIGIT);
}

/** Words that end with `id` and are no names of ids. */
const NO_IDS: ReadonlySet<string> = new Set(
  "void avoid paid unpaid prepaid said bid grid rapid hybrid".split(" "),
);
const LONGEST_NO_ID = 7;

/** True behind a name that ends with `id`. */
function isIdBefore(text: string, start: number): boolean {
  let at = start;
  while (start - at < 4 && " =:\"'\\`".includes(text.charAt(at - 1) || "x")) at--;
  if (at === start || !isWordAt(text, at - 2, "id") || isWordAt(text, at - 5, "valid")) return false;
  let word = at;
  while (at - word <= LONGEST_NO_ID && isAt(text, word - 1, LETTER)) word--;
  return !NO_IDS.has(text.slice(word, at).toLowerCase());
}

/** The text without secrets in the paths of URLs and routes. */
export function redactPaths(text: string, allow?: readonly string[]): string {
  let out = "";
  let from = 0;
  let name = -1;
  for (let at = text.indexOf("/"); at >= 0; at = text.indexOf("/", at + 1)) {
    const start = at + 1;
    const end = segmentEnd(text, start);
    if (start >= from) {
      const kind = name < 0 ? 0 : kindOfSegment(text, name, at);
      const to =
        kind >= REST
          ? restEnd(text, start, end, kind === REST_OF_SERVICE, allow)
          : isSecretSegment(text, start, end, kind) && !isAllowed(text, start, allow)
            ? end
            : -1;
      if (to > start) {
        out += text.slice(from, start) + REDACTED;
        from = to;
      }
    }
    name = text.charAt(end) === "/" ? start : -1;
  }
  return from === 0 ? text : out + text.slice(from);
}

const WEAK = 1;
const STRONG = 2;
const REST = 3;
const REST_OF_SERVICE = 4;
const SEGMENT = WORD | DASH | DOT | TILDE;

function segmentEnd(text: string, start: number): number {
  return runEnd(text, start, SEGMENT);
}

function kindOfSegment(text: string, start: number, end: number): number {
  if (end - start > LONGEST_NAME || end - start < SHORTEST_NAME) return 0;
  const name = text.slice(start, end).toLowerCase();
  if (name === SERVICES) return REST_OF_SERVICE;
  if (REST_NAMES.has(name)) return REST;
  if (SEGMENT_NAMES.some((part) => name.includes(part)) && !name.includes("preset")) return STRONG;
  return hasWeakerName(text, start, end) ? WEAK : 0;
}

function hasWeakerName(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const word = i;
    while (
      i < end &&
      isAt(text, i, LETTER) &&
      (i === word || isAt(text, i, LOWER) || isAt(text, i - 1, UPPER))
    )
      i++;
    if (isWeakerName(text.slice(word, i).toLowerCase())) return true;
    // The capital of the next word in camel case is part of it.
    if (i > word && isAt(text, i, UPPER)) i--;
  }
  return false;
}

function isWeakerName(word: string): boolean {
  for (let at = 0; at <= word.length - SHORTEST_NAME; at++)
    if (WEAKER_NAMES.has(word.slice(at))) return !OTHER_WORDS.has(word);
  return false;
}

function isSecretSegment(text: string, start: number, end: number, kind: number): boolean {
  const length = end - start;
  if (length < LEAST_NAMED_SEGMENT || text.startsWith(REDACTED, start)) return false;
  if (kind >= WEAK && !looksLikeName(text, start, end) && isMixed(text, start, end)) {
    return kind === STRONG || !isUuid(text, start, end);
  }
  return length >= LEAST_SEGMENT && runEnd(text, start, SLUG, end) === end && isRandom(text, start, end);
}

/** All segments to the end, if one of them is long and mixed. */
function restEnd(
  text: string,
  start: number,
  first: number,
  ofService: boolean,
  allow?: readonly string[],
): number {
  const isSecret = (from: number, to: number): boolean =>
    isLongSegment(text, from, to) && !isHexId(text, from, to, ofService) && !isAllowed(text, from, allow);
  let end = first;
  let secret = isSecret(start, first);
  for (let segments = 0; segments < 8 && text.charAt(end) === "/"; segments++) {
    const next = segmentEnd(text, end + 1);
    secret ||= isSecret(end + 1, next);
    end = next;
  }
  return secret ? end : -1;
}

const OBJECT_ID = 24;

/** Of a webhook only the ids of MongoDB are known for ids; its secret can be hexadecimal, too. */
function isHexId(text: string, start: number, end: number, ofService: boolean): boolean {
  if (!ofService && end - start !== OBJECT_ID) return false;
  let at = start;
  while (at < end && (isAt(text, at, DIGIT) || "abcdefABCDEF".includes(text.charAt(at)))) at++;
  return at === end;
}

function isLongSegment(text: string, start: number, end: number): boolean {
  return end - start >= LEAST_SEGMENT && !isUuid(text, start, end) && isMixed(text, start, end);
}
