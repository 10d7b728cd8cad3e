// Reads plain events from bytes that come in parts, line by line, without keeping more than a line.
import type { Readable } from "node:stream";
import type { Work } from "../../otlp/work.ts";
import type { Intake } from "./intake.ts";
import { Turns } from "./turns.ts";

/** A longer line is left out. */
const MOST_BYTES = 64 * 1024;
const LINE_FEED = 10;

const EMPTY: Buffer = Buffer.alloc(0);

/** What was read. */
export interface EventsRead {
  readonly accepted: number;
  readonly rejected: number;
  /** The first of those that could not be read, in words. */
  readonly first?: string;
}

/** The lines of one sender. */
export class EventLines {
  readonly #intake: Intake;
  readonly #now: () => number;
  #rest: Buffer = EMPTY;
  #isTooLong = false;
  #accepted = 0;
  #rejected = 0;
  #first: string | undefined;

  /** @param now - of events without a time, in milliseconds since the epoch */
  constructor(intake: Intake, now: () => number) {
    this.#intake = intake;
    this.#now = now;
  }

  /** Reads the lines that end in these bytes. */
  *take(bytes: Buffer): Work<void> {
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      this.#end(bytes.subarray(from, at));
      from = at + 1;
      while (bytes[from] === LINE_FEED) from++;
      yield;
    }
    this.#keep(bytes.subarray(from));
  }

  /** Reads what stands after the last end of a line. */
  end(): EventsRead {
    this.#end(EMPTY);
    const first = this.#first;
    return {
      accepted: this.#accepted,
      rejected: this.#rejected,
      ...(first === undefined ? undefined : { first }),
    };
  }

  #keep(part: Buffer): void {
    if (this.#isTooLong) return;
    this.#isTooLong = this.#rest.length + part.length > MOST_BYTES;
    this.#rest = this.#isTooLong ? EMPTY : Buffer.concat([this.#rest, part]);
  }

  #end(part: Buffer): void {
    const line = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    const isTooLong = this.#isTooLong || line.length > MOST_BYTES;
    this.#rest = EMPTY;
    this.#isTooLong = false;
    if (isTooLong) this.#refuse();
    else this.#line(line.toString("utf8"));
  }

  #line(line: string): void {
    if (line.trim() === "") return;
    const wrong = this.#intake.eventLine(line, this.#now());
    if (wrong === undefined) this.#accepted++;
    else this.#reject(wrong);
  }

  #refuse(): void {
    const what = `a line of more than ${MOST_BYTES} bytes`;
    this.#intake.report.unreadable(what);
    this.#reject(what);
  }

  #reject(what: string): void {
    this.#rejected++;
    this.#first ??= what;
  }
}

/** Reads events until the stream ends. What cannot be read is left out and counted. */
export async function readEventLines(
  input: Readable,
  intake: Intake,
  now: () => number,
): Promise<EventsRead> {
  const lines = new EventLines(intake, now);
  const turns = new Turns();
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    await turns.run(lines.take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)));
  }
  return lines.end();
}
