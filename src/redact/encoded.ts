// Reads what is encoded as it is meant: `%22password%22%3A%22…`, `user%40example.com`, `token\u003d…`.
import { DOLLAR_PERCENT, isAt, runEnd, TOKEN68 } from "./char-class.ts";

/** What stands for a separator, a quote, an at sign or a slash, without which nothing hides. */
const TELLING = "234567";
const MOST_LEVELS = 3;
const ENCODED = TOKEN68 | DOLLAR_PERCENT;

/**
 * The text in which those encoded pieces are decoded in which `redact` finds something to take out.
 *
 * @param redact - the readers for what is not encoded
 */
export function redactEncoded(text: string, redact: (decoded: string) => string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at + 1)) {
    if (at < from || !isCode(text, at) || !TELLING.includes(text.charAt(at + 1))) continue;
    let start = at;
    while (start > from && isAt(text, start - 1, ENCODED)) start--;
    const end = runEnd(text, at, ENCODED);
    let decoded = text.slice(start, end);
    for (let level = 0; level < MOST_LEVELS; level++) {
      const next = decode(decoded);
      if (next === decoded) break;
      decoded = next;
    }
    const redacted = redact(decoded);
    out += text.slice(from, start) + (redacted === decoded ? text.slice(start, end) : redacted);
    from = end;
    at = end - 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

const ESCAPE = "\\u00";

/** As {@link redactEncoded}, of the escapes that some writers of JSON use for `&`, `=`, `<`, `>` and quotes. */
export function redactEscaped(text: string, redact: (unescaped: string) => string): string {
  let unescaped = "";
  let from = 0;
  for (let at = text.indexOf(ESCAPE); at >= 0; at = text.indexOf(ESCAPE, at + 1)) {
    const end = at + ESCAPE.length + 2;
    const unit = isCode(text, end - 3) ? Number.parseInt(text.slice(end - 2, end), 16) : 0;
    if (unit < 0x20 || unit > 0x7e) continue;
    unescaped += text.slice(from, at) + String.fromCharCode(unit);
    from = end;
  }
  if (from === 0) return text;
  unescaped += text.slice(from);
  const redacted = redact(unescaped);
  return redacted === unescaped ? text : redacted;
}

/** ASCII alone: what else is encoded is of no meaning here. */
function decode(text: string): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at + 1)) {
    if (!isCode(text, at)) continue;
    const unit = Number.parseInt(text.slice(at + 1, at + 3), 16);
    if (unit < 0x20 || unit > 0x7e) continue;
    out += text.slice(from, at) + String.fromCharCode(unit);
    from = at + 3;
    at += 2;
  }
  return from === 0 ? text : out + text.slice(from);
}

function isCode(text: string, at: number): boolean {
  return isHex(text.charCodeAt(at + 1)) && isHex(text.charCodeAt(at + 2));
}

function isHex(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x66);
}
