// Classes of characters as bits, and runs of them: a loop that reads each character once, in place of a regex.

export const LOWER = 1;
export const UPPER = 2;
export const DIGIT = 4;
export const UNDERSCORE = 8;
export const DASH = 16;
export const DOT = 32;
/** `+` and `/`. */
export const PLUS_SLASH = 64;
export const TILDE = 128;
/** `=`. */
export const EQUALS = 256;
/** `:`. */
export const COLON = 512;
/** Double quote, single quote, backtick. */
export const QUOTE = 1024;
/** `(` and `{`. */
export const BRACKET = 2048;
export const AT = 4096;
/** C0 controls and DEL. */
export const CONTROL = 8192;
/** `$` and `%`. */
export const DOLLAR_PERCENT = 16_384;
/** Space, and what breaks lines or columns. */
export const WHITE = 32_768;

export const LETTER: number = LOWER | UPPER;
export const ALPHANUMERIC: number = LETTER | DIGIT;
/** What a regex means by `\w`. */
export const WORD: number = ALPHANUMERIC | UNDERSCORE;
/** Of a credential as it stands behind its scheme. Source: RFC 6750, `b64token`. */
export const TOKEN68: number = WORD | DASH | DOT | PLUS_SLASH | TILDE;

/** The class of each unit of ASCII. */
export const CLASSES: Uint16Array = Uint16Array.from({ length: 128 }, (_, unit) => {
  const char = String.fromCharCode(unit);
  if (char === " ") return WHITE;
  if (unit < 0x20 || unit === 0x7f) return unit >= 9 && unit <= 13 ? CONTROL | WHITE : CONTROL;
  if (char >= "a" && char <= "z") return LOWER;
  if (char >= "A" && char <= "Z") return UPPER;
  if (char >= "0" && char <= "9") return DIGIT;
  return (
    {
      _: UNDERSCORE,
      "-": DASH,
      ".": DOT,
      "+": PLUS_SLASH,
      "/": PLUS_SLASH,
      "~": TILDE,
      "=": EQUALS,
      ":": COLON,
      '"': QUOTE,
      "'": QUOTE,
      "`": QUOTE,
      "(": BRACKET,
      "{": BRACKET,
      "[": BRACKET,
      "@": AT,
      $: DOLLAR_PERCENT,
      "%": DOLLAR_PERCENT,
    }[char] ?? 0
  );
});

/** The class of a UTF-16 unit, 0 beyond ASCII; beyond the end of a text, which is `NaN`, too. */
export function classOf(unit: number): number {
  return unit < 128 ? (CLASSES[unit] as number) : 0;
}

/** True if the character at a place is of one of these classes; false before the beginning and beyond the end. */
export function isAt(text: string, place: number, classes: number): boolean {
  return (classOf(text.charCodeAt(place)) & classes) !== 0;
}

/** Where a run of such characters ends that begins at a place; at `limit` at the latest. */
export function runEnd(text: string, place: number, classes: number, limit: number = text.length): number {
  let end = place;
  while (end < limit && (classOf(text.charCodeAt(end)) & classes) !== 0) end++;
  return end;
}

/** What a regex means by `\s`. */
export function isSpace(unit: number): boolean {
  if (unit < 128) return ((CLASSES[unit] as number) & WHITE) !== 0;
  if (unit < 0x1680) return unit === 0xa0;
  if (unit <= 0x200a) return unit === 0x1680 || unit >= 0x2000;
  if (unit < 0x3000) return unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f;
  return unit === 0x3000 || unit === 0xfeff;
}

/** Where white space ends that begins at a place. */
export function spaceEnd(text: string, place: number): number {
  let end = place;
  while (isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** True if ASCII letters of any case stand at a place. `word` is in lower case. */
export function isWordAt(text: string, place: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const unit = text.charCodeAt(place + i);
    if ((isLetter(unit) ? unit | 0x20 : unit) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** The last two units before a place by five bits each: a number below 1024, by which most words are known to be none of a list. */
export function lastTwo(text: string, end: number): number {
  return ((text.charCodeAt(end - 2) & 31) << 5) | (text.charCodeAt(end - 1) & 31);
}

function isLetter(unit: number): boolean {
  return (classOf(unit) & LETTER) !== 0;
}
