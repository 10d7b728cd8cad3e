// Reads a parsed JSON document: finds its kind, and looks into what it holds.
import { isObject, type JsonObject } from "../../otlp/json-value.ts";
import type { SpanFacts } from "../../spans/span-record.ts";
import type { DocumentReading } from "./document-format.ts";
import type { Findings } from "./findings.ts";
import { DOCUMENT_FORMATS } from "./formats.ts";
import { errorMessage } from "./refused.ts";

/** Text of a document within a document, and how often one may stand in the other. */
const MOST_NESTED_TEXTS = 4;

/** Reads a value and everything in it. Iterative: depth is the input's choice. True if any of it is of a kind that is known. */
export function readDocument(value: unknown, findings: Findings): boolean {
  return new DocumentWalk(findings).walk(value);
}

/** Values that are still to be read. */
interface Level {
  readonly values: readonly unknown[];
  next: number;
  /** A document holds them: text among them may be a document, too. */
  readonly isHeld: boolean;
}

class DocumentWalk implements DocumentReading {
  readonly #findings: Findings;
  /** The innermost last. */
  readonly #open: Level[] = [];
  /** What the current document holds. */
  #held: unknown[] = [];
  #isRefused = false;
  #texts = 0;
  #known = false;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  walk(value: unknown): boolean {
    this.#open.push({ values: [value], next: 0, isHeld: false });
    for (let level = this.#open.at(-1); level !== undefined; level = this.#open.at(-1)) {
      if (level.next === level.values.length) {
        this.#open.pop();
        continue;
      }
      const next = level.values[level.next++];
      if (Array.isArray(next)) this.#open.push({ values: next, next: 0, isHeld: false });
      else if (isObject(next)) this.#document(next);
      else if (typeof next === "string" && level.isHeld) this.#text(next);
    }
    return this.#known;
  }

  span(traceId: string, span: SpanFacts): void {
    this.#findings.span(traceId, span);
  }

  into(value: unknown): void {
    this.#held.push(value);
  }

  unread(spans: number): void {
    this.#findings.unread += spans;
  }

  refuse(what: string, instead: string): void {
    this.#isRefused = true;
    this.#findings.refuse(what, instead);
  }

  #document(document: JsonObject): void {
    const { read } = this.#findings;
    const format = DOCUMENT_FORMATS.find((one) => one.recognises(document));
    if (this.#held.length > 0) this.#held = [];
    this.#isRefused = false;
    format?.read(document, this);
    // A document with spans has no error in place of an answer.
    if (this.#findings.read === read) this.#findings.said ??= errorMessage(document);
    if (format === undefined) return;
    if (this.#held.length > 0) this.#open.push({ values: this.#held, next: 0, isHeld: true });
    else if (!this.#isRefused) this.#known = true;
  }

  /** JSON as text, as the logs of containers have it. */
  #text(text: string): void {
    const from = text.search(/[[{]/);
    if (from === -1 || this.#texts++ >= MOST_NESTED_TEXTS) return;
    try {
      this.#open.push({ values: [JSON.parse(text.slice(from))], next: 0, isHeld: true });
      this.#findings.isLog = true;
    } catch {
      // Some other text with a bracket in it.
    }
  }
}
