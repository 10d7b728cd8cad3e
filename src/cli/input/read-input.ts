// Reads a file or stream of unknown content into spans and trees, line by line if possible.

import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { printableJson } from "../../tree/format.ts";
import { readHeaderLine } from "./header.ts";
import { readJaeger } from "./jaeger.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import { readOtlp } from "./otlp.ts";
import type { SpanSink } from "./span-sink.ts";

/** The input is of no kind that we read; the message says what was expected and what came. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** What has to be reported after reading. */
export interface ReadReport {
  /** Unreadable lines of a file whose other lines have spans. Around a header value any text is allowed. */
  readonly skippedLines: number;
}

const EXPECTED = "an x-error-tree header value, OTLP JSON or Jaeger JSON (also gzipped)";
/** Longest text of V8: a document of one line that is longer cannot be parsed. */
const LONGEST_DOCUMENT = 512 * 1024 * 1024 - 32;

/**
 * Reads one input to its end.
 *
 * @throws InputError if nothing in it is of a kind that we read
 */
export async function readInput(input: Readable, name: string, sink: SpanSink): Promise<ReadReport> {
  const reader = new LineReader(sink);
  const splitter = new LineSplitter((line) => reader.line(line));
  try {
    for await (const chunk of unzipped(input)) splitter.push(chunk);
    splitter.end();
  } catch (error) {
    throw new InputError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return reader.finish(name);
}

/** The bytes of the input, unzipped if they begin like gzip. */
async function* unzipped(input: Readable): AsyncGenerator<Buffer> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, Buffer.from(value)]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      yield Buffer.from(next.value);
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  // An error on either side destroys the other, so that the reader sees it.
  const feeding = pipeline(all(), gunzip);
  feeding.catch(() => {});
  yield* gunzip as AsyncIterable<Buffer>;
  await feeding;
}

/** Cuts bytes into lines. Bytes become text only when a line is complete. */
class LineSplitter {
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      this.#add(chunk.subarray(from, at));
      this.#flush();
      from = at + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  end(): void {
    if (this.#length > 0) this.#flush();
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > LONGEST_DOCUMENT) {
      throw new Error(
        `a line is longer than ${LONGEST_DOCUMENT} bytes: write one OTLP request or trace a line`,
      );
    }
    this.#parts.push(part);
  }

  #flush(): void {
    const [first] = this.#parts;
    const line = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    this.#onLine(line.toString("utf8"));
  }
}

/** Reads each line as a document; if the first line is not a whole document, all lines are one. */
class LineReader {
  readonly #sink: SpanSink;
  #documents = 0;
  #headers = 0;
  #skipped = 0;
  /** The lines of one document; `undefined` as long as each line is a document. */
  #rest: string[] | undefined;
  #restLength = 0;
  #first = "";

  constructor(sink: SpanSink) {
    this.#sink = sink;
  }

  line(text: string): void {
    const line = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    if (this.#rest !== undefined) {
      this.#keep(line);
      return;
    }
    const trimmed = line.trim();
    if (trimmed === "") return;
    if (this.#first === "") this.#first = trimmed.slice(0, 60);
    if (this.#read(trimmed)) this.#documents++;
    else if (this.#documents === 0 && this.#skipped === 0 && /^[[{]/.test(trimmed)) this.#keep(line);
    else this.#skipped++;
  }

  finish(name: string): ReadReport {
    if (this.#rest !== undefined) {
      const text = this.#rest.join("\n");
      if (this.#read(text)) return { skippedLines: 0 };
      // Not one document either: perhaps lines of which the first is broken.
      const lines = this.#rest;
      for (const line of lines) {
        if (line.trim() === "") continue;
        if (this.#read(line.trim())) this.#documents++;
        else this.#skipped++;
      }
    }
    if (this.#documents > 0) return { skippedLines: this.#headers > 0 ? 0 : this.#skipped };
    const came =
      this.#first === ""
        ? "nothing"
        : `${describe(this.#first)} beginning ${printableJson(JSON.stringify(this.#first))}`;
    throw new InputError(`${name}: expected ${EXPECTED}, got ${came}`);
  }

  #keep(line: string): void {
    this.#rest ??= [];
    this.#rest.push(line);
    this.#restLength += line.length + 1;
    if (this.#restLength > LONGEST_DOCUMENT)
      throw new Error(`a document is longer than ${LONGEST_DOCUMENT} bytes`);
  }

  #read(text: string): boolean {
    if (readHeaderLine(text, this.#sink)) {
      this.#headers++;
      return true;
    }
    if (!text.startsWith("{") && !text.startsWith("[")) return false;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return false;
    }
    if (!Array.isArray(value)) return isObject(value) && this.#readDocument(value);
    let known = false;
    for (const document of value) if (isObject(document) && this.#readDocument(document)) known = true;
    return known;
  }

  #readDocument(document: JsonObject): boolean {
    const result = document.result;
    if (isObject(result) && readOtlp(result, this.#sink)) return true;
    return readOtlp(document, this.#sink) || readJaeger(document, this.#sink);
  }
}

function describe(first: string): string {
  return /^[[{]/.test(first) ? "other or broken JSON" : "text";
}
