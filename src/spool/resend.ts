// Exports what a spool file holds, from its end to its beginning: what has arrived is cut out, so that nothing goes out twice.
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
/** After so many failures in a row the exporter is down; after fewer it may be what was sent that it cannot take. */
const MOST_FAILURES = 3;
const NEWLINE = 0x0a;

/** Lines of a file by what became of them. */
export interface Resent {
  readonly arrived: number;
  /** Torn, of another form, or refused for good. */
  readonly lost: number;
  /** False if lines are left for another try. */
  readonly done: boolean;
  /** How many bytes at the end of the file had failed when the try was given up: the next one may begin above them. */
  readonly failedBytes?: number;
}

/** Lines that are exported together. */
interface Batch {
  /** Where they begin. */
  readonly start: number;
  readonly lines: number;
  /** How many of them are not torn. */
  readonly whole: number;
  readonly spans: readonly ReadableSpan[];
}

/**
 * Exports a file that this process has taken, and removes it when nothing is left in it. `isStopped` is asked before each export.
 * `skip` bytes at the end come last, and only if others arrive: nothing above is ever tried if the exporter never takes those.
 *
 * @throws an error whose message says why the file cannot be used
 */
export async function resend(
  folder: string,
  name: string,
  {
    send,
    isStopped,
    skip = 0,
  }: { readonly send: Send; readonly isStopped: () => boolean; readonly skip?: number },
): Promise<Resent> {
  const path = join(folder, name);
  const handle = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    const content = await contentOf(handle);
    const result = { arrived: 0, lost: 0 };
    let end = content.length;
    /** Where those begin that have failed, each alone: the ones before them are exported nevertheless. */
    let failed = endAbove(content, skip);
    let isSkipping = failed < end;
    let failures = 0;
    let most = BATCH_SPANS;
    while (failed > 0 || (isSkipping && result.arrived > 0)) {
      if (failed === 0) {
        isSkipping = false;
        failed = end;
      }
      if (isStopped() || failures === MOST_FAILURES)
        return { ...result, done: false, failedBytes: end - failed };
      const { start, lines, whole, spans } = lastOf(content, failed, most);
      const sent = whole === 0 ? "refused" : await send(spans);
      if (sent === "later") failures++;
      if (sent !== "arrived" && whole > 1) {
        // It may be one of them that is not taken.
        most = 1;
        continue;
      }
      if (sent === "later") {
        failed = start;
        continue;
      }
      // Those that have failed take the place of what is cut out.
      content.copyWithin(start, failed, end);
      end -= failed - start;
      failed = start;
      if (end > start) await handle.write(content, start, end - start, start);
      await handle.truncate(end);
      const arrived = sent === "arrived" ? whole : 0;
      result.arrived += arrived;
      result.lost += lines - arrived;
      if (arrived > 0) failures = 0;
      most = Math.min(2 * most, BATCH_SPANS);
    }
    if (end === 0) await unlink(path);
    return { ...result, done: end === 0 };
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

/** Where a line ends above the last `skip` bytes; the end of all if none does. Another process may have cut out some of them. */
function endAbove(content: Buffer, skip: number): number {
  const at = content.length - skip;
  return skip === 0 || at <= 0 ? content.length : content.lastIndexOf(NEWLINE, at - 1) + 1;
}

/**
 * Reads the last lines before `end`, as many as have so many spans, and no more lines than that; one at least. Not the
 * whole file at once: that would block, and again each minute while the exporter takes nothing.
 */
function lastOf(content: Buffer, end: number, most: number): Batch {
  const read: (readonly ReadableSpan[])[] = [];
  let start = end;
  for (let spans = 0; start > 0 && read.length < most; ) {
    // A negative offset would count from the end.
    const before = start < 2 ? 0 : content.lastIndexOf(NEWLINE, start - 2) + 1;
    const line = spansBetween(content, before, start);
    spans += line.length;
    if (read.length > 0 && spans > most) break;
    read.push(line);
    start = before;
  }
  const whole = read.filter((line) => line.length > 0).length;
  return { start, lines: read.length, whole, spans: read.reverse().flat() };
}

/** The spans of one line, none if it is torn. */
function spansBetween(content: Buffer, start: number, end: number): readonly ReadableSpan[] {
  // Without its end it may be a number of which digits are missing.
  if (content[end - 1] !== NEWLINE) return [];
  return spansOfLine(content.toString("utf8", start, end - 1)) ?? [];
}
