// Collects the texts of a failed span, its status description and its error, in a form in which they can be compared.

/** Texts are compared up to this length. */
const MOST_TEXT = 1024;

/** The words of one span. */
export class Saying {
  /** `error.type` and type of the error that it recorded last. */
  readonly types: readonly string[];
  readonly #said: readonly (string | undefined)[];
  #texts: readonly string[] | undefined;

  /** @param said - status description and message of that error */
  constructor(said: readonly (string | undefined)[], types: readonly string[]) {
    this.types = types.length < 2 ? types : [...new Set(types)];
    this.#said = said;
  }

  /** What it says, in lower case, one space between words. Made when first asked for: few failures are judged by it. */
  get texts(): readonly string[] {
    this.#texts ??= textsOf(this.#said);
    return this.#texts;
  }

  toJSON(): object {
    return { texts: this.texts, types: this.types };
  }
}

/** The words of a span that says nothing. */
export const SILENCE: Saying = new Saying([], []);

function textsOf(said: readonly (string | undefined)[]): string[] {
  const texts: string[] = [];
  for (const text of said) {
    const words = text === undefined ? "" : wordsOf(text);
    if (words !== "" && !texts.includes(words)) texts.push(words);
  }
  return texts;
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
