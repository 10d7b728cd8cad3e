// Reads the body of a request, within bounds before and after it is unzipped.
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Refusal } from "./refusal.ts";

const unzip = promisify(gunzip);

/** Bounds of bodies, in bytes. */
export interface BodyLimits {
  /** As it comes. @default 8 MiB */
  readonly mostBytes?: number;
  /** Unzipped. @default 16 MiB */
  readonly mostPlainBytes?: number;
  /** Of all bodies that come or wait to be read. @default 64 MiB */
  readonly mostBytesAtOnce?: number;
}

const MIB = 1024 * 1024;
/** Bodies that are being unzipped or are read unzipped: each of them may take the most memory. */
const MOST_UNZIPPED = 2;

/** A longer body is read after those that came before. */
const SHORT_BYTES = 256 * 1024;

/** True for a body whose contents take much memory while they are read. */
export function isLong({ length }: Buffer): boolean {
  return length > SHORT_BYTES;
}

/** Reads bodies. All of one server go through one of these. */
export class Bodies {
  readonly #mostBytes: number;
  readonly #mostPlainBytes: number;
  readonly #mostBytesAtOnce: number;
  #bytes = 0;
  #plain = 0;
  readonly #turns: (() => void)[] = [];

  constructor({
    mostBytes = 8 * MIB,
    mostPlainBytes = 16 * MIB,
    mostBytesAtOnce = 64 * MIB,
  }: BodyLimits = {}) {
    this.#mostBytes = mostBytes;
    this.#mostPlainBytes = mostPlainBytes;
    this.#mostBytesAtOnce = mostBytesAtOnce;
  }

  /**
   * Gives a body to `work`. Until that is done, the memory of the body counts.
   *
   * @throws Refusal if the body is too large, or not encoded as it says
   */
  async use<Result>(request: IncomingMessage, work: (bytes: Buffer) => Promise<Result>): Promise<Result> {
    const encoding = (request.headers["content-encoding"] ?? "identity").toLowerCase();
    if (encoding !== "identity" && encoding !== "gzip")
      throw new Refusal(415, "The body may be compressed by gzip, and by nothing else.", {
        "accept-encoding": "gzip",
      });
    if (Number(request.headers["content-length"] ?? 0) > this.#mostBytes) throw this.#tooLarge();
    const taken = { bytes: 0 };
    try {
      const bytes = await this.#collect(request, taken);
      return encoding === "gzip" ? await this.#unzipped(bytes, work) : await work(bytes);
    } finally {
      this.#bytes -= taken.bytes;
    }
  }

  async #collect(request: IncomingMessage, taken: { bytes: number }): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      taken.bytes += chunk.length;
      this.#bytes += chunk.length;
      if (taken.bytes > this.#mostBytes) throw this.#tooLarge();
      if (this.#bytes > this.#mostBytesAtOnce)
        throw new Refusal(503, "Too much comes at once: send it again.", { "retry-after": "1" });
      chunks.push(chunk);
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  async #unzipped<Result>(bytes: Buffer, work: (bytes: Buffer) => Promise<Result>): Promise<Result> {
    if (this.#plain >= MOST_UNZIPPED) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#plain++;
    try {
      return await work(await this.#unzip(bytes));
    } finally {
      const next = this.#turns.shift();
      // Whoever waited takes over the place.
      if (next === undefined) this.#plain--;
      else next();
    }
  }

  async #unzip(bytes: Buffer): Promise<Buffer> {
    try {
      return await unzip(bytes, { maxOutputLength: this.#mostPlainBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
        throw new Refusal(413, `The body is larger than ${inMib(this.#mostPlainBytes)} when it is unzipped.`);
      throw new Refusal(400, "The body says that it is compressed by gzip, and is not.");
    }
  }

  #tooLarge(): Refusal {
    return new Refusal(413, `The body is larger than ${inMib(this.#mostBytes)}.`, { connection: "close" });
  }
}

function inMib(bytes: number): string {
  return bytes >= MIB ? `${Math.floor(bytes / MIB)} MiB` : `${bytes} bytes`;
}
