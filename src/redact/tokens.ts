// Takes out credentials without a name before them: bearer tokens, and what is known by its first letters.
import {
  ALPHANUMERIC,
  DASH,
  DIGIT,
  DOLLAR_PERCENT,
  DOT,
  EQUALS,
  isAt,
  isWordAt,
  LETTER,
  LOWER,
  lastTwo,
  PLUS_SLASH,
  QUOTE,
  runEnd,
  TOKEN68,
  UPPER,
  WORD,
} from "./char-class.ts";
import { isAllowed, looksSecretFrom, wordFacts } from "./looks-secret.ts";
import { REDACTED } from "./redacted.ts";
import { areOrdinary } from "./vocabulary.ts";

/** Credentials behind the name of their scheme, without a header's name before it. */
export function redactBareCredentials(text: string): string {
  let out = "";
  let from = 0;
  for (let i = text.indexOf(" "); i >= 0; i = text.indexOf(" ", i)) {
    const scheme = SCHEME_ENDS[lastTwo(text, i)] === 1 ? schemeBefore(text, i) : undefined;
    while (text.charAt(i) === " ") i++;
    if (scheme === undefined) continue;
    const end = bareEnd(text, i);
    if (end < 0 || !isCredential(text, i, end, scheme)) continue;
    out += text.slice(from, i) + REDACTED;
    from = end;
    i = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Schemes of HTTP and of mail before one token, as they stand in messages. Ordinary words may follow any of them. */
export const SCHEMES: readonly string[] = [
  ...[
    "bearer",
    "dpop",
    "negotiate",
    "ntlm",
    "xoauth2",
    "oauthbearer",
    "apikey",
    "ssws",
    "geniekey",
    "sharedkey",
  ],
  ...["basic", "plain"],
];
/** Behind these stands base64 of a user and a password; as words of prose they stand before much else. */
const USER_SCHEMES = ["basic", "plain"];

/** 1 for the last two letters of them. */
const SCHEME_ENDS = new Uint8Array(1024);
for (const scheme of SCHEMES) SCHEME_ENDS[lastTwo(scheme, scheme.length)] = 1;

function schemeBefore(text: string, end: number): string | undefined {
  return SCHEMES.find((scheme) => {
    const start = end - scheme.length;
    return start >= 0 && isWordAt(text, start, scheme) && !isAt(text, start - 1, WORD);
  });
}

/** Shorter words are none of these credentials. */
const LEAST_CREDENTIAL = 4;
/** From so many characters on a user and a password in base64 look like a credential. */
const LEAST_LOOK = 8;

/** A dot at the end belongs to the sentence; what stands before `=` and a value is the name of a parameter. */
function bareEnd(text: string, start: number): number {
  const run = runEnd(text, start, TOKEN68);
  let end = run;
  while (end > start && text.charAt(end - 1) === ".") end--;
  if (end - start < LEAST_CREDENTIAL) return -1;
  if (end < run) return end;
  const padded = runEnd(text, end, EQUALS);
  return padded > end && isAt(text, padded, TOKEN68 | QUOTE) ? -1 : padded;
}

/** Of any length: a bearer's token is whatever its issuer likes. */
function isCredential(text: string, start: number, end: number, scheme: string): boolean {
  if (end - start >= LEAST_LOOK && looksSecretFrom(text, start, end, wordFacts(text, start, end)))
    return true;
  if (!USER_SCHEMES.includes(scheme)) return !areOrdinary(text, start, end);
  if (end - start >= LEAST_LOOK) return false;
  // Source: RFC 7617 and RFC 4616.
  const decoded = Buffer.from(text.slice(start, end), "base64").toString("latin1");
  return decoded.includes(":") || decoded.includes("\0");
}

const SLUG = WORD | DASH;
/** Small letters and digits, as in hexadecimal keys. */
const HEX = LOWER | DIGIT;

/** The maker's beginning, and so many characters at least of these classes behind it. */
interface KnownToken {
  readonly before: string;
  readonly least: number;
  readonly of: number;
}

/** Keys that their makers gave a beginning by which they are found. */
const KNOWN_TOKENS: readonly KnownToken[] = [
  ...["AKIA", "ASIA", "ABIA", "ACCA"].map((before) => ({ before, least: 12, of: UPPER | DIGIT })),
  ...["gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_"].map((before) => ({
    before,
    least: 16,
    of: WORD,
  })),
  { before: "glpat-", least: 16, of: SLUG },
  ...["rk_live_", "rk_test_", "sk_live_", "sk_test_"].map((before) => ({ before, least: 8, of: WORD })),
  { before: "AIza", least: 30, of: SLUG },
  { before: "npm_", least: 30, of: WORD },
  { before: "whsec_", least: 16, of: WORD | PLUS_SLASH },
  { before: "ya29.", least: 16, of: SLUG },
  ...["hvs.", "hvb.", "xapp-", "pypi-", "glsa_", "glc_", "sntrys_", "dapi", "PMAK-", "NRAK-", "GOCSPX-"].map(
    (before) => ({ before, least: 20, of: SLUG }),
  ),
  ...[
    "dop_v1_",
    "doo_v1_",
    "hf_",
    "shpat_",
    "shpss_",
    "shpca_",
    "shppa_",
    "nfp_",
    "sbp_",
    "gsk_",
    "r8_",
    "pat_",
  ].map((before) => ({ before, least: 20, of: WORD })),
  ...["lin_api_", "figd_", "dckr_pat_", "pscale_tkn_", "sq0atp-", "sq0csp-", "ATATT", "EAACE", "1//0"].map(
    (before) => ({ before, least: 18, of: SLUG | EQUALS }),
  ),
  // bcrypt
  ...["$2a$", "$2b$", "$2y$"].map((before) => ({
    before,
    least: 20,
    of: WORD | DOT | PLUS_SLASH | DOLLAR_PERCENT,
  })),
  { before: "key-", least: 32, of: HEX },
  { before: "SK", least: 32, of: HEX },
];

const BY_LETTER: ReadonlyMap<number, readonly KnownToken[]> = new Map(
  KNOWN_TOKENS.map(({ before }) => [
    before.charCodeAt(0),
    KNOWN_TOKENS.filter((other) => other.before.charCodeAt(0) === before.charCodeAt(0)),
  ]),
);

/** 1 for the first letters of all of them, and of JWTs, Slack's, OpenAI's and SendGrid's. */
const FIRST_LETTERS: Uint8Array = new Uint8Array(128);
for (const { before } of KNOWN_TOKENS) FIRST_LETTERS[before.charCodeAt(0)] = 1;
for (const letter of "bexsS") FIRST_LETTERS[letter.charCodeAt(0)] = 1;

/** JWTs and other base64 of JSON, and keys that are known by their beginnings. */
export function redactKnownTokens(text: string, allow?: readonly string[]): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128 || FIRST_LETTERS[unit] === 0) continue;
    const end = knownTokenEnd(text, i);
    if (end < 0) continue;
    let word = i;
    while (allow !== undefined && word > from && isAt(text, word - 1, SLUG)) word--;
    if (isAllowed(text, word, allow)) {
      i = Math.max(end, runEnd(text, i, SLUG)) - 1;
      continue;
    }
    out += text.slice(from, i) + REDACTED;
    from = end;
    i = end - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Where a token ends that begins at a place; -1 if none does. */
function knownTokenEnd(text: string, place: number): number {
  if (isAt(text, place - 1, ALPHANUMERIC)) return -1;
  const own = ownEnd(text, place);
  if (own > 0) return own;
  for (const { before, least, of } of BY_LETTER.get(text.charCodeAt(place)) ?? []) {
    if (!text.startsWith(before, place)) continue;
    const end = longRunEnd(text, place + before.length, of, least);
    if (end > 0) return end;
  }
  return -1;
}

/** As {@link knownTokenEnd}, of tokens that are more than a beginning and a run. */
function ownEnd(text: string, place: number): number {
  switch (text.charAt(place)) {
    case "b":
      return text.startsWith("bot", place) ? botEnd(text, place + 3) : -1;
    case "e":
      return text.startsWith("eyJ", place) ? jwtEnd(text, place + 3) : -1;
    case "x":
      return slackEnd(text, place);
    case "S":
      return sendGridEnd(text, place);
    case "s":
      return text.startsWith("sk-", place) ? openAiEnd(text, place + 3) : -1;
    default:
      return -1;
  }
}

/** Where a run of so many characters at least ends; -1 if it is shorter. */
function longRunEnd(text: string, start: number, of: number, least: number): number {
  return runEnd(text, start, of, start + least) < start + least ? -1 : runEnd(text, start + least, of);
}

function jwtEnd(text: string, start: number): number {
  let end = longRunEnd(text, start, SLUG, 13);
  for (let parts = 0; end > 0 && parts < 4; parts++) {
    const dots = runEnd(text, end, DOT, end + 2);
    const next = runEnd(text, dots, SLUG);
    if (dots === end || next === dots) break;
    end = next;
  }
  return end;
}

/** Of a bot of Telegram, as it stands in the paths of its API. */
function botEnd(text: string, start: number): number {
  const colon = runEnd(text, start, DIGIT, start + 13);
  return colon - start >= 6 && text.charAt(colon) === ":" ? longRunEnd(text, colon + 1, SLUG, 20) : -1;
}

function slackEnd(text: string, place: number): number {
  const isOne = text.startsWith("xox", place) && text.charAt(place + 4) === "-";
  return isOne && isAt(text, place + 3, LETTER & ~UPPER) ? longRunEnd(text, place + 5, SLUG, 12) : -1;
}

function sendGridEnd(text: string, place: number): number {
  const dot = text.startsWith("SG.", place) ? longRunEnd(text, place + 3, SLUG, 16) : -1;
  return dot > 0 && isAt(text, dot, DOT) ? longRunEnd(text, dot + 1, SLUG, 16) : -1;
}

/** Words have no digits. */
function openAiEnd(text: string, start: number): number {
  const word = runEnd(text, start, SLUG & ~DIGIT, start + 65);
  return word - start <= 64 && isAt(text, word, DIGIT) ? longRunEnd(text, start, SLUG, 16) : -1;
}
