// Reads the bytes of an input: unzips them, and cuts them into lines.
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** Longest text of V8: a document that is longer cannot be parsed. */
export const LONGEST_DOCUMENT: number = 512 * 1024 * 1024 - 32;

/** The bytes of the input, unzipped if they begin like gzip, as UTF-8 if they begin like UTF-16. */
export async function* plainBytes(input: Readable): AsyncGenerator<Buffer> {
  let bytes = withHead(input as AsyncIterable<Buffer | string>, 2);
  let head = await bytes.next();
  if (head.value?.[0] === 0x1f && head.value[1] === 0x8b) {
    bytes = withHead(unzipped(continued(head, bytes)), 2);
    head = await bytes.next();
  }
  const utf16 = utf16In(head.value);
  if (utf16 === undefined) {
    yield* continued(head, bytes);
    return;
  }
  const decoder = new TextDecoder(utf16);
  for await (const chunk of continued(head, bytes))
    yield Buffer.from(decoder.decode(chunk, { stream: true }));
}

/** What PowerShell writes by `>`. */
function utf16In(head: Buffer | undefined): string | undefined {
  if (head?.[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head?.[0] === 0xfe && head[1] === 0xff ? "utf-16be" : undefined;
}

/** The chunks, of which the first has at least so many bytes if there are as many. */
export async function* withHead(
  input: AsyncIterable<Buffer | string>,
  least: number,
): AsyncGenerator<Buffer, undefined> {
  let head: Buffer = Buffer.alloc(0);
  let isHead = true;
  for await (const chunk of input) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    if (!isHead) {
      yield bytes;
      continue;
    }
    head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
    if (head.length < least) continue;
    isHead = false;
    yield head;
  }
  if (isHead) yield head;
  return undefined;
}

/** The first chunk that was taken, then the others. */
export async function* continued(
  head: IteratorResult<Buffer, undefined>,
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  if (head.value !== undefined) yield head.value;
  yield* rest;
}

async function* unzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // An error on either side destroys the other, so that the reader sees it.
  const feeding = pipeline(bytes, gunzip);
  feeding.catch(() => {});
  yield* gunzip as AsyncIterable<Buffer>;
  await feeding;
}

/** Cuts bytes into lines. Bytes become text only when a line is complete. */
export class LineSplitter {
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
