// Reads and writes the parts of a structured field (RFC 9651) that the header's texts are made of.

const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const PERCENT = 0x25;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const AT = 0x40;
const BACKSLASH = 0x5c;

const KEY_START = 1;
const KEY = 2;
const TOKEN_START = 4;
const TOKEN = 8;
const DIGIT = 16;
const BASE64 = 32;
const LOWER_HEX = 64;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

/** What each ASCII character may be part of; everything above is part of nothing. */
const CLASSES: Uint8Array = classTable([
  [KEY_START, `${LOWER}*`],
  [KEY, `${LOWER}${DIGITS}_-.*`],
  [TOKEN_START, `${LETTERS}*`],
  [TOKEN, `${LETTERS}${DIGITS}!#$%&'*+-.^_\`|~:/`],
  [DIGIT, DIGITS],
  [BASE64, `${LETTERS}${DIGITS}+/=`],
  [LOWER_HEX, `${DIGITS}abcdef`],
]);

function classTable(classes: readonly (readonly [number, string])[]): Uint8Array {
  const table = new Uint8Array(128);
  for (const [bit, members] of classes) {
    for (let i = 0; i < members.length; i++) {
      const code = members.charCodeAt(i);
      table[code] = (table[code] as number) | bit;
    }
  }
  return table;
}

/** True for a code unit of the class `bit`. */
function isOf(code: number, bit: number): boolean {
  return code >= 0 && code < 128 && ((CLASSES[code] as number) & bit) !== 0;
}

/** What a {@link FieldReader} has read last; `"other"` are the kinds that the header does not use. */
type ItemKind = "integer" | "string" | "token" | "boolean" | "other";

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
  #textStart = 0;
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
    while (this.#peek() === SPACE) this.#at++;
  }

  /** Moves past a comma and the white space around it; false if something else follows. */
  comma(): boolean {
    this.#skipWhiteSpace();
    if (!this.consume(COMMA)) return false;
    this.#skipWhiteSpace();
    return true;
  }

  /** Moves past `code` if it is next. */
  consume(code: number): boolean {
    if (this.#peek() !== code) return false;
    this.#at++;
    return true;
  }

  /** The key of a dictionary member or parameter; the empty string if there is none. */
  key(): string {
    if (!isOf(this.#peek(), KEY_START)) return "";
    return this.#run(KEY);
  }

  /** The key of the next parameter; `undefined` if no parameter follows. */
  parameterKey(): string | undefined {
    if (!this.consume(SEMICOLON)) return undefined;
    this.skipSpaces();
    return this.key();
  }

  /** What follows a parameter's key: a bare item, or nothing, which means true. */
  parameterValue(): boolean {
    if (this.consume(EQUALS)) return this.bareItem();
    return this.#boolean(1);
  }

  /** What follows a dictionary member's key, up to its parameters. */
  memberValue(): boolean {
    if (!this.consume(EQUALS)) return this.#boolean(1);
    return this.#peek() === OPEN ? this.#innerList() : this.bareItem();
  }

  /**
   * True if the value read last is a string that holds a span id. Looks at the input, not at `text`: on Node 24 the
   * characters of a slice take twice as long to read.
   */
  readSpanId(): boolean {
    return this.kind === "string" && this.text.length === 16 && isHex16(this.#input, this.#textStart);
  }

  skipParameters(): boolean {
    for (let key = this.parameterKey(); key !== undefined; key = this.parameterKey()) {
      if (key === "" || !this.parameterValue()) return false;
    }
    return true;
  }

  bareItem(): boolean {
    const code = this.#peek();
    if (code === QUOTE) return this.#string();
    if (isOf(code, TOKEN_START)) return this.#token();
    if (code === MINUS || isOf(code, DIGIT)) return this.#number();
    this.#at++;
    if (code === QUESTION) return this.#boolean(this.consume(0x31) ? 1 : this.consume(0x30) ? 0 : -1);
    if (code === COLON) return this.#bytes();
    if (code === AT) return this.#date();
    return code === PERCENT && this.#displayString();
  }

  /** The code unit that is next; -1 at the end, since the `NaN` of `charCodeAt` would make every number a double. */
  #peek(): number {
    return this.#at < this.#input.length ? this.#input.charCodeAt(this.#at) : -1;
  }

  #skipWhiteSpace(): void {
    for (let code = this.#peek(); code === SPACE || code === TAB; code = this.#peek()) this.#at++;
  }

  #run(bit: number): string {
    const input = this.#input;
    const start = this.#at;
    let end = start;
    while (end < input.length && isOf(input.charCodeAt(end), bit)) end++;
    this.#at = end;
    return input.slice(start, end);
  }

  #boolean(value: number): boolean {
    this.kind = "boolean";
    this.number = value;
    return value >= 0;
  }

  #token(): boolean {
    this.kind = "token";
    this.text = this.#run(TOKEN);
    return true;
  }

  #number(): boolean {
    const negative = this.consume(MINUS);
    const digits = this.#run(DIGIT);
    if (this.consume(DOT)) {
      const fraction = this.#run(DIGIT).length;
      this.kind = "other";
      return digits.length >= 1 && digits.length <= 12 && fraction >= 1 && fraction <= 3;
    }
    this.kind = "integer";
    this.number = negative ? -Number(digits) : Number(digits);
    return digits.length >= 1 && digits.length <= 15;
  }

  #date(): boolean {
    const valid = this.#number() && this.kind === "integer";
    this.kind = "other";
    return valid;
  }

  #bytes(): boolean {
    this.#run(BASE64);
    this.kind = "other";
    return this.consume(COLON);
  }

  #string(): boolean {
    const input = this.#input;
    this.kind = "string";
    this.text = "";
    let start = this.#at + 1;
    for (let i = start; i < input.length; i++) {
      const code = input.charCodeAt(i);
      if (code < SPACE || code > 0x7e) return false;
      if (code === QUOTE) {
        this.text += input.slice(start, i);
        this.#textStart = start;
        this.#at = i + 1;
        return true;
      }
      if (code !== BACKSLASH) continue;
      this.text += input.slice(start, i);
      start = ++i;
      const escaped = i < input.length ? input.charCodeAt(i) : -1;
      if (escaped !== QUOTE && escaped !== BACKSLASH) return false;
    }
    return false;
  }

  #displayString(): boolean {
    this.kind = "other";
    if (!this.consume(QUOTE)) return false;
    for (let code = this.#peek(); code >= SPACE && code < 0x7f; code = this.#peek()) {
      this.#at++;
      if (code === QUOTE) return true;
      if (code !== PERCENT) continue;
      if (!isOf(this.#peek(), LOWER_HEX) || !isOf(this.#input.charCodeAt(this.#at + 1), LOWER_HEX))
        return false;
      this.#at += 2;
    }
    return false;
  }

  #innerList(): boolean {
    this.#at++;
    this.skipSpaces();
    while (!this.consume(CLOSE)) {
      if (!this.bareItem() || !this.skipParameters()) return false;
      if (this.#peek() !== SPACE && this.#peek() !== CLOSE) return false;
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
    const code = text.charCodeAt(i);
    let part = text.charAt(i);
    if (code < SPACE || code > 0x7e) part = "?";
    else if (code === QUOTE || code === BACKSLASH) part = `\\${part}`;
    if (out.length + part.length > bytes) break;
    out += part;
  }
  return out;
}

/** True for 16 lower-case hex digits, the text of a span id in W3C Trace Context. */
export function isSpanId(text: string): boolean {
  return text.length === 16 && isHex16(text, 0);
}

function isHex16(text: string, start: number): boolean {
  for (let i = start; i < start + 16; i++) if (!isOf(text.charCodeAt(i), LOWER_HEX)) return false;
  return true;
}
