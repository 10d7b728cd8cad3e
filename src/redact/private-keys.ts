// Takes out private keys in PEM.
import { DIGIT, EQUALS, isAt, PLUS_SLASH, runEnd, spaceEnd, UPPER, WORD } from "./char-class.ts";
import { REDACTED } from "./redacted.ts";

const DASHES = "-----";
const BEGIN = "-----BEGIN ";
const LONGEST_LABEL = 32 + "KEY BLOCK".length;

/** Private keys, whole, or cut after the beginning of their base64. Source: RFC 7468. */
export function redactPrivateKeys(text: string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, Math.max(from, at + 1))) {
    const body = labelEnd(text, at + BEGIN.length);
    const end = body < 0 ? -1 : keyEnd(text, body);
    if (end < 0) continue;
    out += text.slice(from, at) + REDACTED;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Behind the dashes of a label of a key; -1 if it is none. */
function labelEnd(text: string, start: number): number {
  let end = start;
  while (end - start <= LONGEST_LABEL && (isAt(text, end, UPPER | DIGIT) || text.charAt(end) === " ")) end++;
  if (!text.startsWith(DASHES, end)) return -1;
  const label = text.slice(start, end);
  const name = label.endsWith("KEY") ? 3 : label.endsWith("KEY BLOCK") ? 9 : 0;
  return name > 0 && label.length - name <= 32 ? end + DASHES.length : -1;
}

function keyEnd(text: string, body: number): number {
  const dashes = text.indexOf(DASHES, body);
  if (dashes >= 0 && text.startsWith("-----END ", dashes)) {
    const end = labelEnd(text, dashes + "-----END ".length);
    if (end > 0) return end;
  }
  const start = breaksEnd(text, body);
  if (runEnd(text, start, BASE64, start + 16) < start + 16) return -1;
  let end = start;
  for (let next = start; next >= 0; ) {
    end = next;
    const run = runEnd(text, end, BASE64);
    const behind = breaksEnd(text, run);
    next = behind > end ? behind : -1;
  }
  return end;
}

const BASE64 = WORD | PLUS_SLASH | EQUALS;

/** White space, and line breaks as they stand in JSON. */
function breaksEnd(text: string, place: number): number {
  let end = spaceEnd(text, place);
  while (text.charAt(end) === "\\" && "nr".includes(text.charAt(end + 1) || " "))
    end = spaceEnd(text, end + 2);
  return end;
}
