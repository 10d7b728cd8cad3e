// Reads the credentials of an `Authorization` field: a scheme, and a token or parameters.
import { COLON, EQUALS, isAt, runEnd, TOKEN68 } from "./char-class.ts";
import { quoteAt, skipSpaces, type ValueScan } from "./values.ts";

export const LONGEST_SCHEME = 24;
const SCHEMES: ReadonlySet<string> = new Set(
  "bearer basic token apikey negotiate ntlm dpop digest hawk bot oauth key hoba mutual aws4-hmac-sha256".split(
    " ",
  ),
);

export function isKnownScheme(text: string, start: number, end: number): boolean {
  return SCHEMES.has(text.slice(start, end).toLowerCase());
}

/**
 * Behind a token, or behind parameters with commas between them. Source: RFC 9110, section 11.4.
 *
 * @param most - so many parameters at most
 */
export function credentialsEnd(values: ValueScan, start: number, most: number): number {
  const { text } = values;
  let end = start;
  for (let parameters = 0; parameters < most; parameters++) {
    const letters = runEnd(text, end, TOKEN68);
    let next = runEnd(text, letters, EQUALS);
    const quote = next > letters ? quoteAt(text, next) : 0;
    if (quote > 0) {
      const closing = values.closingQuote(next, quote);
      if (closing > 0) next = closing + quote - next;
    } else if (next > letters) next = runEnd(text, next, TOKEN68 | COLON);
    if (next === end) return end;
    end = next;
    const comma = skipSpaces(text, text.charAt(end) === "," ? end + 1 : end);
    if (text.charAt(end) !== "," || !isAt(text, runEnd(text, comma, TOKEN68), EQUALS)) return end;
    end = comma;
  }
  return end;
}
