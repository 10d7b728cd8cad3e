// Collects the texts of a failed span, its status description and its error, in a form in which they can be compared.
import type { Exception } from "./exception.ts";

/** The words of one span. */
export interface Saying {
  /** Status description and message of the error that it recorded last, in lower case, one space between words. */
  readonly texts: readonly string[];
  /** `error.type` and type of that error. */
  readonly types: readonly string[];
}

/** Texts are compared up to this length. */
const MOST_TEXT = 1024;

/** The words of a span with such texts. */
export function sayingOf(
  descriptions: readonly (string | undefined)[],
  exception: Exception | undefined,
  types: readonly string[],
): Saying {
  const texts: string[] = [];
  for (const text of [...descriptions, exception?.message]) {
    const words = text === undefined ? "" : wordsOf(text);
    if (words !== "" && !texts.includes(words)) texts.push(words);
  }
  return { texts, types: [...new Set(types)] };
}

/** A text in the form in which texts are compared; the empty string for one that any failure could have. */
export function wordsOf(text: string): string {
  const words = text
    .slice(0, MOST_TEXT)
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/^[\s"'`.!:;,]+|[\s"'`.!:;,]+$/g, "");
  return GENERIC.test(words) ? "" : words;
}

/**
 * Texts that any failure could have: reason phrases without their status, and what frameworks write instead of the error.
 */
const GENERIC =
  /^(?:(?:error|exception)(?::|$) ?)?(?:(?:an? )?(?:internal|unknown|unexpected|server|uncaught|unhandled)(?: server)? (?:error|exception)(?: occurr?ed)?|error|failed|failure|unknown|something went wrong|an error occurr?ed|request failed|bad gateway|bad request|service unavailable|gateway time-?out|not found|forbidden|unauthorized|conflict|too many requests|unprocessable (?:entity|content)|http exception)?$/;
