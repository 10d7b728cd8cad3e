// Reads and writes the parts of a structured field (RFC 9651) that the header's texts are made of.

// Both expressions match at one place, and in one way only, so their time follows the length of the text.
const KEY = /[a-z*][a-z0-9_\-.*]*/y;

/** What a {@link FieldReader} has read last; `"other"` are the kinds that the header does not use. */
type ItemKind = "integer" | "string" | "token" | "boolean" | "other";

const BARE_ITEM = new RegExp(
  [
    /"(?:[ !#-[\]-~]|\\["\\])*"/, // string
    /[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*/, // token
    /-?\d{1,15}(?![\d.])/, // integer
    /-?\d{1,12}\.\d{1,3}(?!\d)/, // decimal
    /\?[01]/, // boolean
    /:[A-Za-z0-9+/=]*:/, // byte sequence
    /@-?\d{1,15}(?![\d.])/, // date
    /%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/, // display string
  ]
    .map(({ source }) => source)
    .join("|"),
  "y",
);

/**
 * Reads one structured field from left to right. A method that returns `false`, or the empty key, has found malformed
 * text; nothing throws. The last value read stands in `kind`, `text` and `number`, so that reading one allocates nothing
 * but its text.
 *
 * Source: RFC 9651, section 4.2.
 */
export class FieldReader {
  kind: ItemKind = "other";
  /** Text of a string (without escapes) or token. */
  text = "";
  /** Value of an integer; 1 or 0 for a boolean. */
  number = 0;
  readonly #input: string;
  #at = 0;

  constructor(input: string) {
    this.#input = input;
  }

  /** True if nothing but spaces follows. */
  atEnd(): boolean {
    this.skipSpaces();
    return this.#at >= this.#input.length;
  }

  skipSpaces(): void {
    while (this.#skip(" ")) {}
  }

  /** Moves past a comma and the white space around it; false if something else follows. */
  comma(): boolean {
    this.#skipWhiteSpace();
    if (!this.#skip(",")) return false;
    this.#skipWhiteSpace();
    return true;
  }

  /** The key of a dictionary member or parameter; the empty string if there is none. */
  key(): string {
    return this.#take(KEY);
  }

  /** The key of the next parameter; `undefined` if no parameter follows. */
  parameterKey(): string | undefined {
    if (!this.#skip(";")) return undefined;
    this.skipSpaces();
    return this.key();
  }

  /** What follows a parameter's key: a bare item, or nothing, which means true. */
  parameterValue(): boolean {
    if (this.#skip("=")) return this.bareItem();
    this.kind = "boolean";
    this.number = 1;
    return true;
  }

  /** What follows a dictionary member's key, up to its parameters. */
  memberValue(): boolean {
    return this.#skip("=(") ? this.#innerList() : this.parameterValue();
  }

  /** True if the value read last is a string that holds a span id. */
  readSpanId(): boolean {
    return this.kind === "string" && isSpanId(this.text);
  }

  skipParameters(): boolean {
    for (let key = this.parameterKey(); key !== undefined; key = this.parameterKey()) {
      if (key === "" || !this.parameterValue()) return false;
    }
    return true;
  }

  bareItem(): boolean {
    const text = this.#take(BARE_ITEM);
    const first = text.charAt(0);
    if (first === '"') {
      this.kind = "string";
      // With its two escapes it is a string of JSON as well.
      this.text = text.includes("\\") ? (JSON.parse(text) as string) : text.slice(1, -1);
    } else if (first === "?") {
      this.kind = "boolean";
      this.number = Number(text.charAt(1));
    } else if (first === "-" || (first >= "0" && first <= "9")) {
      this.kind = text.includes(".") ? "other" : "integer";
      this.number = Number(text);
    } else if (first === ":" || first === "@" || first === "%") {
      this.kind = "other";
    } else {
      this.kind = "token";
      this.text = text;
    }
    return text !== "";
  }

  #skipWhiteSpace(): void {
    while (this.#skip(" ") || this.#skip("\t")) {}
  }

  /** Moves past what matches here, and returns it; the empty string if nothing does. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#input)) return "";
    const start = this.#at;
    this.#at = pattern.lastIndex;
    return this.#input.slice(start, this.#at);
  }

  /** Moves past `text` if it is next. */
  #skip(text: string): boolean {
    if (!this.#input.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #innerList(): boolean {
    this.skipSpaces();
    while (!this.#skip(")")) {
      if (!this.bareItem() || !this.skipParameters()) return false;
      if (!this.#input.startsWith(" ", this.#at) && !this.#input.startsWith(")", this.#at)) return false;
      this.skipSpaces();
    }
    this.kind = "other";
    return true;
  }
}

/**
 * What stands between the quotes of a string: printable ASCII, quote and backslash escaped, any other unit as `?`,
 * cut to `bytes` without tearing an escape.
 */
export function quotable(text: string, bytes: number): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    const part = unit < " " || unit > "~" ? "?" : unit === '"' || unit === "\\" ? `\\${unit}` : unit;
    if (out.length + part.length > bytes) break;
    out += part;
  }
  return out;
}

/** True for 16 lower-case hex digits, the text of a span id in W3C Trace Context. */
export function isSpanId(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}
