// Exports what a spool file holds, from its end to its beginning: what has arrived is cut off, so that nothing goes out twice.
import { constants, type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { checkFile } from "./folder.ts";
import { spansOfLine } from "./span-lines.ts";

/** What became of an export. `refused`: the receiver does not take what was sent. `later`: another try may succeed. */
export type Sent = "arrived" | "refused" | "later";

/** Exports spans; never rejects. */
export type Send = (spans: readonly ReadableSpan[]) => Promise<Sent>;

/** Larger files are none of ours. */
const LONGEST_FILE = 64 * 1024 * 1024;
/** Spans of one export, unless one line has more. */
const BATCH_SPANS = 512;
const NEWLINE = 0x0a;

/** Lines of a file by what became of them. */
export interface Resent {
  readonly arrived: number;
  /** Torn, of another form, or refused for good. */
  readonly lost: number;
  /** False if lines are left for another try. */
  readonly done: boolean;
}

/** A line: where it begins, and its text. */
interface Line {
  readonly start: number;
  readonly spans: readonly ReadableSpan[] | undefined;
}

/**
 * Exports a file that this process has taken, and removes it when nothing is left in it. `isStopped` is asked before each export.
 *
 * @throws an error whose message says why the file cannot be used
 */
export async function resend(
  folder: string,
  name: string,
  { send, isStopped }: { readonly send: Send; readonly isStopped: () => boolean },
): Promise<Resent> {
  const path = join(folder, name);
  const handle = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    const lines = linesOf(await contentOf(handle));
    const result = { arrived: 0, lost: 0 };
    let most = BATCH_SPANS;
    while (lines.length > 0) {
      if (isStopped()) return { ...result, done: false };
      const batch = lastOf(lines, most);
      const whole = batch.filter((line) => line.spans !== undefined).length;
      const sent = whole === 0 ? "refused" : await send(batch.flatMap((line) => line.spans ?? []));
      if (sent === "later") return { ...result, done: false };
      if (sent === "refused" && whole > 1) {
        // One of them is what the receiver does not take.
        lines.push(...batch);
        most = 1;
        continue;
      }
      await handle.truncate((batch[0] as Line).start);
      const arrived = sent === "arrived" ? whole : 0;
      result.arrived += arrived;
      result.lost += batch.length - arrived;
    }
    await unlink(path);
    return { ...result, done: true };
  } finally {
    await handle.close();
  }
}

async function contentOf(handle: FileHandle): Promise<Buffer> {
  const found = await handle.stat();
  // It may be another one than that which was looked at.
  checkFile(found);
  if (found.size > LONGEST_FILE) throw new Error(`it is larger than ${LONGEST_FILE} bytes`);
  return handle.readFile();
}

/** The lines, those that are torn too. */
function linesOf(content: Buffer): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf(NEWLINE, start);
    const text = content.toString("utf8", start, end < 0 ? content.length : end);
    // Without its end it may be a number of which digits are missing.
    lines.push({ start, spans: end < 0 ? undefined : spansOfLine(text) });
    start = end < 0 ? content.length : end + 1;
  }
  return lines;
}

/** Takes the last lines, as many as have so many spans; one with spans at least, if there is one. */
function lastOf(lines: Line[], most: number): readonly Line[] {
  const batch: Line[] = [];
  let spans = 0;
  for (let last = lines.at(-1); last !== undefined; last = lines.at(-1)) {
    const more = last.spans?.length ?? 0;
    if (spans > 0 && spans + more > most) break;
    spans += more;
    batch.push(last);
    lines.pop();
  }
  return batch.reverse();
}
