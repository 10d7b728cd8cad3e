// Reads plain events from a stream of bytes, line by line, without keeping more than a line.
import type { Readable } from "node:stream";
import type { Intake } from "./intake.ts";

/** A longer line is left out. */
const MOST_BYTES = 64 * 1024;
/** So many lines are read before others get their turn. */
const LINES_AT_ONCE = 2_000;

/** What was read of a stream. */
export interface EventsRead {
  readonly accepted: number;
  readonly rejected: number;
}

/**
 * Reads events until the stream ends. What cannot be read is left out and counted.
 *
 * @param now - of events without a time, in milliseconds since the epoch
 */
export async function readEventLines(
  input: Readable,
  intake: Intake,
  now: () => number,
): Promise<EventsRead> {
  let [accepted, rejected, lines] = [0, 0, 0];
  const take = (bytes: Buffer): void => {
    lines++;
    if (intake.eventLine(bytes.toString("utf8"), now())) accepted++;
    else rejected++;
  };
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer);
    let from = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      const line = bytes.subarray(from, at);
      if (!isTooLong) take(rest.length === 0 ? line : Buffer.concat([rest, line]));
      rest = Buffer.alloc(0);
      isTooLong = false;
      from = at + 1;
      if (lines % LINES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (isTooLong) continue;
    rest = Buffer.concat([rest, bytes.subarray(from)]);
    if (rest.length > MOST_BYTES) {
      intake.report.unreadable(`a line of more than ${MOST_BYTES} bytes`);
      rejected++;
      rest = Buffer.alloc(0);
      isTooLong = true;
    }
  }
  if (rest.length > 0) take(rest);
  return { accepted, rejected };
}
