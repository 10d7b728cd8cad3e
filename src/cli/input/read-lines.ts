// Reads text of unknown content: a document a line, one over all lines, several after each other, or lines of a log.
import { printableJson } from "../../tree/format.ts";
import { LONGEST_DOCUMENT } from "./bytes.ts";
import type { Findings } from "./findings.ts";
import { readHeaderLine } from "./header.ts";
import { InputError } from "./input-error.ts";
import { jsonTexts, mended } from "./json-texts.ts";
import { readDocument } from "./read-document.ts";
import { refusedText } from "./refused.ts";

const EXPECTED =
  "an x-error-tree header value, OTLP JSON or Jaeger JSON (or Tempo's, Zipkin's, OTLP in protobuf; also gzipped)";
/** How much of a text is kept to say what it is if nothing of it can be read. */
const LONGEST_SAMPLE = 16_384;

/**
 * Reads each line as a document. If one is not whole in its line, the lines from there on are one text: up to the next line that is a
 * whole document, once one of any form has been read.
 */
export class LineReader {
  readonly #findings: Findings;
  /** The lines of one text; `undefined` as long as each line is a document. */
  #rest: string[] | undefined;
  #restLength = 0;
  #sample = "";

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  line(text: string): void {
    const line = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    const trimmed = line.trim();
    if (this.#rest !== undefined && !this.#endsRest(line)) {
      this.#keep(line);
      return;
    }
    if (trimmed === "") return;
    if (this.#sample.length < LONGEST_SAMPLE) this.#sample += `${line.slice(0, LONGEST_SAMPLE)}\n`;
    if (/^[<\s]*HTTP\/\d/.test(trimmed)) this.#findings.isLog = true;
    if (this.#readLine(trimmed)) return;
    if (!/^[[{]/.test(trimmed)) this.#findings.skippedText++;
    else if (isWhole(trimmed)) this.#findings.foreign++;
    else this.#keep(line);
  }

  /** True if a document a line follows on a document over several lines, or on a line that was broken. */
  #endsRest(line: string): boolean {
    if (this.#findings.known === 0 || !/^[[{]/.test(line) || !isWhole(line)) return false;
    const rest = this.#rest as string[];
    this.#rest = undefined;
    this.#restLength = 0;
    this.#readRest(rest);
    return true;
  }

  /** @throws InputError if nothing could be read */
  finish(name: string): void {
    if (this.#rest !== undefined) this.#readRest(this.#rest);
    const { known, refused, said } = this.#findings;
    if (known > 0) return;
    const [kind] = refused.keys();
    if (kind !== undefined) throw new InputError(`${name}: not read: ${kind}`);
    if (said !== undefined) throw new InputError(`${name}: no trace, but the message ${shown(said)}`);
    throw new InputError(
      `${name}: ${refusedText(this.#sample) ?? `expected ${EXPECTED}, got ${this.#came()}`}`,
    );
  }

  #came(): string {
    const first = this.#sample.trim().split("\n", 1)[0] ?? "";
    if (first === "") return "nothing";
    return `${/^[[{]/.test(first) ? "other or broken JSON" : "text"} beginning ${shown(first.slice(0, 60))}`;
  }

  #keep(line: string): void {
    this.#rest ??= [];
    this.#rest.push(line);
    this.#restLength += line.length + 1;
    if (this.#sample.length < LONGEST_SAMPLE) this.#sample += `${line.slice(0, LONGEST_SAMPLE)}\n`;
    if (this.#restLength > LONGEST_DOCUMENT)
      throw new Error(`a document is longer than ${LONGEST_DOCUMENT} bytes`);
  }

  /** A header value, a document, or a document behind the prefix of a log. */
  #readLine(line: string): boolean {
    const { headers } = this.#findings;
    if (readHeaderLine(line, this.#findings)) {
      if (this.#findings.headers > headers) this.#findings.known++;
      return true;
    }
    if (/^[[{]/.test(line)) return this.#readJson(line);
    const from = line.search(/[[{]\s*["[{]/);
    if (from <= 0 || !(this.#readJson(line.slice(from)) || this.#readPiece(line))) return false;
    this.#findings.isLog = true;
    return true;
  }

  /** The prefix of a log may hold JSON itself, or what looks like it. */
  #readPiece(line: string): boolean {
    for (const { text, isWhole } of jsonTexts(line)) if (isWhole && this.#readJson(text)) return true;
    return false;
  }

  #readJson(text: string): boolean {
    const value = parsed(text);
    if (value === undefined) return false;
    const isKnown = readDocument(value, this.#findings);
    if (isKnown) this.#findings.known++;
    return isKnown;
  }

  /** One document, or several; of one that is cut off its whole spans. */
  #readRest(lines: readonly string[]): void {
    const text = lines.join("\n");
    if (this.#readJson(text)) return;
    for (const piece of jsonTexts(text)) {
      if (piece.isWhole ? this.#readJson(piece.text) : this.#readCut(piece.text)) continue;
      this.#findings.skipped++;
    }
    // The first line may be broken in a way that hides all others.
    if (this.#findings.known > 0) return;
    this.#findings.skipped = 0;
    for (const line of lines)
      if (line.trim() !== "" && !this.#readLine(line.trim())) this.#findings.skipped++;
  }

  #readCut(text: string): boolean {
    const { read } = this.#findings;
    const whole = mended(text);
    if (whole === undefined || !this.#readJson(whole) || this.#findings.read === read) return false;
    this.#findings.cut++;
    return true;
  }
}

/** The value of a text that begins with a bracket; `undefined` if it is not whole. */
function parsed(text: string): unknown {
  // The error that `JSON.parse` throws costs 10 microseconds, and a text may be cut off in each of its lines.
  if (!/[\]}]/.test(text.trimEnd().slice(-1))) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isWhole(text: string): boolean {
  return parsed(text) !== undefined;
}

function shown(text: string): string {
  return printableJson(JSON.stringify(text));
}
