// Reads plain events from a stream of bytes, line by line, without keeping more than a line.
import type { Readable } from "node:stream";
import type { Intake } from "./intake.ts";

/** A longer line is left out. */
const MOST_BYTES = 64 * 1024;
/** So many lines are read before others get their turn. */
const LINES_AT_ONCE = 2_000;

const EMPTY: Buffer = Buffer.alloc(0);

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
  const refuse = (): void => {
    intake.report.unreadable(`a line of more than ${MOST_BYTES} bytes`);
    rejected++;
  };
  const take = (bytes: Buffer): void => {
    const line = bytes.length > MOST_BYTES ? undefined : bytes.toString("utf8");
    if (line === undefined) refuse();
    else if (line.trim() === "") return;
    else if (intake.eventLine(line, now())) accepted++;
    else rejected++;
  };
  let rest: Buffer = EMPTY;
  let isTooLong = false;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    let from = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      const line = bytes.subarray(from, at);
      if (!isTooLong && line.length + rest.length > 0)
        take(rest.length === 0 ? line : Buffer.concat([rest, line]));
      rest = EMPTY;
      isTooLong = false;
      from = at + 1;
      while (bytes[from] === 10) from++;
      if (++lines % LINES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (isTooLong) continue;
    rest = Buffer.concat([rest, bytes.subarray(from)]);
    if (rest.length > MOST_BYTES) {
      refuse();
      rest = EMPTY;
      isTooLong = true;
    }
  }
  if (rest.length > 0) take(rest);
  return { accepted, rejected };
}
