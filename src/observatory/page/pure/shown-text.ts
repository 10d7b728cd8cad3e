// Makes characters visible that would hide or turn around what stands beside them.

/** Control characters, marks of direction, what has no width, and half surrogate pairs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with an escape in place of each such character. */
export function shownText(text: string): string {
  return text.replace(HIDDEN, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

/** Reads JSON; every text in it is as {@link shownText} has it, the keys are as they were. */
export function parseShown(json: string): unknown {
  return JSON.parse(json, (_, value: unknown) => (typeof value === "string" ? shownText(value) : value));
}
