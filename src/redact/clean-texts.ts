// Remembers texts in which there is nothing to take out: operations, types of errors and most messages come again and again.
import { redactText } from "./text.ts";

/** Longer texts are seldom the same twice. */
const MOST_CHARS = 256;
/** Texts of one generation. Two generations are kept: half a megabyte at most. */
const MOST_TEXTS = 512;

/**
 * Redacts texts, and reads none again in which it found nothing. Of a text with a secret nothing is kept. If a generation is
 * full, it becomes the old one, and what nobody asked for since the one before is forgotten.
 */
export class CleanTexts {
  readonly #redact: (text: string) => string;
  #young = new Set<string>();
  #old = new Set<string>();

  /** @param redact - what is done to one text */
  constructor(redact: (text: string) => string = redactText) {
    this.#redact = redact;
  }

  /** Texts that are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** As {@link redactText}. */
  readonly redact = (text: string): string => {
    if (this.#young.has(text)) return text;
    const redacted = this.#old.has(text) ? text : this.#redact(text);
    if (redacted === text && text.length <= MOST_CHARS) this.#remember(text);
    return redacted;
  };

  #remember(text: string): void {
    if (this.#young.size >= MOST_TEXTS) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    // A part of a larger text would keep all of it in memory. Lone surrogates do not survive a copy.
    const copy = Buffer.from(text).toString();
    if (copy === text) this.#young.add(copy);
  }
}
