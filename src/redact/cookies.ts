// Reads the pairs of a `Cookie` or `Set-Cookie` field.
import { classOf, EQUALS, isAt, isSpace, QUOTE } from "./char-class.ts";
import { quoteAt, type Range, skipSpaces, type ValueScan } from "./values.ts";

/** Finds cookies in the order in which they stand. */
export class CookieScan {
  readonly #values: ValueScan;
  readonly #isCut: boolean;
  /** The nearest end of a cookie's name. */
  #stop = -1;

  /** @param isCut - a field in quotes reaches to the end if they are not closed */
  constructor(values: ValueScan, isCut: boolean) {
    this.#values = values;
    this.#isCut = isCut;
  }

  /** The cookies behind the name of their field and its separator; `undefined` if there are none. */
  cookiesAt(place: number): Range | undefined {
    const { text } = this.#values;
    const start = skipSpaces(text, place);
    if (text.charAt(start) === "[" || text.charAt(start) === "{") return this.#values.bracketAt(start);
    const quote = quoteAt(text, start);
    if (quote > 0) {
      const { range, inQuotes } = this.#values.valueAt(start, this.#isCut);
      if (inQuotes) return text.slice(...range).includes("=") ? range : undefined;
    }
    return this.#bareAt(quote || start);
  }

  /** Pairs without quotes around them. */
  #bareAt(start: number): Range | undefined {
    const { text } = this.#values;
    let end = Math.max(start, this.#stop);
    while (end < text.length && !isCookieStop(text, end, true)) end++;
    if (end === start || !isAt(text, end, EQUALS)) {
      this.#stop = end;
      return undefined;
    }
    end = cookieEnd(text, end + 1);
    while (text.charAt(end) === ";") {
      const next = text.charAt(end + 1) === " " ? end + 2 : end + 1;
      let nextEnd = cookieEnd(text, next);
      if (text.charAt(nextEnd - 1) === "=") nextEnd = cookieEnd(text, nextEnd);
      if (nextEnd === next) break;
      end = nextEnd;
    }
    return [start, end];
  }
}

/** True for what ends the name or the value of a cookie. */
function isCookieStop(text: string, place: number, inName: boolean): boolean {
  const unit = text.charCodeAt(place);
  if (isSpace(unit)) return true;
  const char = text.charAt(place);
  return char === ";" || char === "," || (classOf(unit) & QUOTE) !== 0 || (inName && char === "=");
}

function cookieEnd(text: string, start: number): number {
  // A value may stand in quotes, in which there is nothing that ends it. Source: RFC 6265, section 4.1.1.
  const quote = quoteAt(text, start);
  let end = quote || start;
  while (end < text.length && !isCookieStop(text, end, false)) end++;
  if (quote === 0) return end;
  return end > quote && isAt(text, end, QUOTE) ? end + 1 : start;
}
