// Redacts the texts of one request's spans, and remembers short texts in which there was nothing to take out.
import { REDACTED } from "../../redact/redacted.ts";
import { type Rules, templatesWith } from "../../redact/rules.ts";
import { MOST_READ, redactText } from "../../redact/text.ts";
import { type AttributeKind, AttributeKinds } from "./attribute-kind.ts";

/** Most UTF-16 units that are read of the spans of one request: some ten times what a request with 30 spans has. */
const MOST_CHARS = 262_144;
/** Names, methods, hosts and paths of files are the same in nearly every span. */
const LONGEST_REMEMBERED = 200;
const MOST_REMEMBERED = 2048;

/** What is remembered of the spans of this process: the kinds of attributes, and texts in which nothing was found. */
export class SpanMemory {
  readonly kinds: AttributeKinds;
  readonly rules: Rules | undefined;
  readonly #clean = new Set<string>();

  constructor(rules: Rules | undefined) {
    this.rules = rules;
    this.kinds = new AttributeKinds(rules);
  }

  isClean(text: string): boolean {
    return text.length <= LONGEST_REMEMBERED && this.#clean.has(text);
  }

  addClean(text: string): void {
    if (text.length > LONGEST_REMEMBERED) return;
    if (this.#clean.size >= MOST_REMEMBERED) this.#clean.clear();
    this.#clean.add(text);
  }
}

/** Redacts texts, up to so many characters: of what comes then only texts that are known to hold nothing are left. */
export class Texts {
  readonly #memory: SpanMemory;
  #left = MOST_CHARS;
  #cut = 0;

  constructor(memory: SpanMemory) {
    this.#memory = memory;
  }

  kindOf(attribute: string): AttributeKind {
    return this.#memory.kinds.of(attribute);
  }

  /** Texts that were not read to their end. */
  get cut(): number {
    return this.#cut;
  }

  /** The template of a message, see `templateOf`. */
  template(text: string): string {
    return templatesWith(this.#memory.rules, (one) => this.redact(one))(text);
  }

  redact(text: string): string {
    if (this.#memory.isClean(text)) return text;
    if (text.length > MOST_READ) this.#cut++;
    this.#left -= Math.min(text.length, MOST_READ);
    if (this.#left < 0) {
      this.#cut++;
      return REDACTED;
    }
    const redacted = redactText(text, this.#memory.rules);
    if (redacted === text) this.#memory.addClean(text);
    return redacted;
  }
}
