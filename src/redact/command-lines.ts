// Takes passwords out of command lines, in which no name says that one stands there: `mysql -psecret`, `curl -u user:secret`.
import {
  ALPHANUMERIC,
  COLON,
  DASH,
  DIGIT,
  EQUALS,
  isAt,
  LETTER,
  PLUS_SLASH,
  QUOTE,
  runEnd,
  UPPER,
  WORD,
} from "./char-class.ts";
import { REDACTED } from "./redacted.ts";
import { isPlain, quoteAt, type Range, skipSpaces, ValueScan } from "./values.ts";
import { areOrdinary } from "./vocabulary.ts";

/** A flag of some programs that has a password. */
interface Flag {
  readonly programs: readonly string[];
  readonly letter: string;
  /** The password follows without a space. */
  readonly glued?: true;
}

const FLAGS: readonly Flag[] = [
  { programs: ["mysql", "mariadb", "7z"], letter: "p", glued: true },
  { programs: ["sshpass"], letter: "p" },
  { programs: ["sshpass"], letter: "p", glued: true },
  { programs: ["redis-cli", "valkey-cli"], letter: "a" },
  { programs: ["ldap"], letter: "w" },
  { programs: ["openssl"], letter: "k" },
  { programs: ["mongo", "docker login", "podman login", "helm"], letter: "p" },
  { programs: ["zip", "sqlcmd", "bcp", "isql"], letter: "P" },
];

const LETTERS: string = FLAGS.map(({ letter }) => letter).join("");

/** `-u user:password`, whatever the program is: a user and a group are numbers. */
const USER_FLAGS = ["-u", "-U", "--user", "--proxy-user", "--userpwd", "--auth", "--basic-auth", "--creds"];

/** The text without passwords in command lines. */
export function redactCommandLines(text: string): string {
  if (!text.includes(" -") && !text.includes("'-")) return redactPiped(text);
  let flags: readonly Flag[] | undefined;
  let out = "";
  let from = 0;
  const values = new ValueScan(text);
  for (let i = text.indexOf("-"); i >= 0; i = text.indexOf("-", i + 1)) {
    if (i < from || !isFlagAt(text, i)) continue;
    if (isAt(text, i + 1, LETTER) && LETTERS.includes(text.charAt(i + 1))) {
      flags ??= FLAGS.filter(({ programs }) => programs.some((program) => text.includes(program)));
    }
    const range = userAt(values, i) ?? passwordAt(values, i, flags ?? []) ?? passAt(values, i);
    if (range === undefined || range[0] >= range[1] || isPlain(text, ...range)) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
  }
  return redactPiped(from === 0 ? text : out + text.slice(from));
}

function isFlagAt(text: string, place: number): boolean {
  return place === 0 || text.charCodeAt(place - 1) === SPACE || isAt(text, place - 1, QUOTE);
}

function userAt(values: ValueScan, place: number): Range | undefined {
  const { text } = values;
  const flag = USER_FLAGS.find((name) => text.startsWith(name, place));
  if (flag === undefined) return undefined;
  const behind = place + flag.length;
  const glued = !" =".includes(text.charAt(behind) || "x");
  if (glued && (flag.length > 2 || !isAt(text, behind, LETTER))) return undefined;
  const { range } = values.valueAt(glued ? behind : behind + 1, false);
  const [start, end] = range;
  const name = runEnd(text, start, ALPHANUMERIC | DASH, end);
  let at = name;
  while (at < end && !":%".includes(text.charAt(at))) at++;
  if (at >= end - 1 || (isAt(text, start, DIGIT) && runEnd(text, start, DIGIT | COLON, end) === end))
    return undefined;
  return text.startsWith("//", at + 1) ? undefined : [start, end];
}

function passwordAt(values: ValueScan, place: number, flags: readonly Flag[]): Range | undefined {
  const { text } = values;
  const letter = text.charAt(place + 1);
  for (const flag of flags) {
    if (flag.letter !== letter) continue;
    const next = place + 2;
    const space = text.charAt(next) === " ";
    if (flag.glued !== true && !space) continue;
    if (flag.glued && (space || text.charAt(next) === "")) continue;
    const quoted = !space && isAt(text, place - 1, QUOTE);
    const start = skipSpaces(text, next);
    if (isAt(text, start, DASH)) continue;
    if (!quoted) return values.valueAt(start, false).range;
    // `'-psecret'`, as execa prints it.
    const closing = values.closingQuote(place - 1, place);
    return [start, closing < 0 ? values.bareAt(start).end : closing];
  }
  return undefined;
}

/** Most flags that are read together: each is read again for every flag before it. */
const MOST_FLAGS = 6;
const LONGEST_FLAG = 8;

/** `-passin pass:secret` of openssl, the last word of `htpasswd -b file user secret`, or of `htpasswd -nb user secret`. */
function passAt(values: ValueScan, place: number): Range | undefined {
  const { text } = values;
  const end = runEnd(text, place + 1, LETTER, place + 16);
  const next = skipSpaces(text, end);
  if (text.startsWith("pass:", next)) return [next + 5, values.bareAt(next + 5).end];
  if (values.next("htpasswd", 0) < 0) return undefined;
  let flags = "";
  let word = place;
  for (let count = 0; count < MOST_FLAGS && isAt(text, word, DASH); count++) {
    const letters = runEnd(text, word + 1, ALPHANUMERIC, word + LONGEST_FLAG);
    const behind = isAt(text, letters, QUOTE) ? letters + 1 : letters;
    if (text.charCodeAt(behind) !== SPACE) return undefined;
    flags += text.slice(word, letters);
    word = skipSpaces(text, behind);
    // The rounds of `-C 10` and `-r 5000`.
    const number = isAt(text, word, QUOTE) ? word + 1 : word;
    const digits = runEnd(text, number, DIGIT, number + LONGEST_FLAG);
    if (digits > number && "Cr".includes(text.charAt(letters - 1)))
      word = skipSpaces(text, digits + number - word);
    if (isAt(text, word, QUOTE) && isAt(text, word + 1, DASH)) word++;
  }
  if (!flags.includes("b")) return undefined;
  for (let words = flags.includes("n") ? 1 : 0; words < 2; words++) {
    // A flag of another command: a file and a user do not begin so.
    if (isAt(text, word, DASH)) return undefined;
    while (word < text.length && text.charCodeAt(word) !== SPACE) word++;
    word = skipSpaces(text, word);
  }
  return values.valueAt(word, false).range;
}

const SPACE = 0x20;
const LOGIN = "LOGIN ";

/** What follows the command `LOGIN` of IMAP: a user and a password. */
export function redactLogin(text: string): string {
  return withoutArguments(text, LOGIN, loginEnd);
}

function loginEnd(values: ValueScan, start: number): Range | undefined {
  const { text } = values;
  const user = values.valueAt(start, false);
  const behind = user.range[1] + (user.inQuotes ? 1 : 0);
  if (text.charAt(behind) !== " ") return undefined;
  const { range, inQuotes } = values.valueAt(behind, false);
  if (range[0] >= range[1] || areOrdinary(text, start, range[1])) return undefined;
  return [start, range[1] + (inQuotes ? 1 : 0)];
}

const AUTH = "AUTH ";

/** What follows the command `AUTH` of Redis, perhaps behind a user: a word with digits. */
export function redactAuth(text: string): string {
  return withoutArguments(text, AUTH, authEnd);
}

function authEnd({ text }: ValueScan, place: number): Range | undefined {
  let start = place;
  for (let words = 0; words < 2; words++) {
    const end = runEnd(text, start, AUTH_WORD);
    const isMechanism = runEnd(text, start, UPPER | DIGIT | DASH, end) === end;
    if (!isMechanism && runEnd(text, start, AUTH_WORD & ~DIGIT, end) < end) return [start, end];
    if (text.charAt(end) !== " ") break;
    start = end + 1;
  }
  return undefined;
}

/** The text without what follows each occurrence of a command: an error message may name it before the command line. */
function withoutArguments(
  text: string,
  command: string,
  secretAt: (values: ValueScan, start: number) => Range | undefined,
): string {
  let at = text.indexOf(command);
  if (at < 0) return text;
  const values = new ValueScan(text);
  let out = "";
  let from = 0;
  for (; at >= 0; at = text.indexOf(command, Math.max(from, at + 1))) {
    const start = at + command.length;
    if (isAt(text, at - 1, ALPHANUMERIC | DASH) || text.startsWith(REDACTED, start)) continue;
    const range = secretAt(values, start);
    if (range === undefined) continue;
    out += text.slice(from, range[0]) + REDACTED;
    from = range[1];
  }
  return from === 0 ? text : out + text.slice(from);
}

/** All but what ends a word of prose. */
const AUTH_WORD = WORD | DASH | PLUS_SLASH | EQUALS;

const ECHO = "echo ";

/** `echo secret | sudo -S`, `printf secret | docker login --password-stdin`. */
function redactPiped(text: string): string {
  const at = text.indexOf(ECHO);
  if (at < 0) return text;
  const pipe = text.indexOf(" |", at);
  if (pipe < 0 || !(text.includes("sudo -S", pipe) || text.includes("-stdin", pipe))) return text;
  const start = quoteAt(text, at + ECHO.length) || at + ECHO.length;
  if (text.startsWith(REDACTED, start) || start >= pipe) return text;
  return text.slice(0, start) + REDACTED + text.slice(pipe);
}
