// Keeps failing requests over the end of their process: written when it ends, exported by the next one that finds them.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import { countNow, type FoundFile, filesIn, giveBack, isFree, prepare, take } from "./folder.ts";
import { thisProcess } from "./owner.ts";
import { resend, type Sent } from "./resend.ts";
import { writeFile } from "./write-file.ts";

/** What a spool needs. */
export interface SpoolParts {
  /** An absolute path. */
  readonly folder: string;
  readonly health: Health;
  readonly clock: Pick<Clock, "every" | "monotonic">;
  /** One request of OTLP in JSON, without a line break. */
  readonly serialize: (spans: readonly ReadableSpan[]) => Uint8Array;
  /** Exports spans that were found, to the exporter of this place. */
  readonly send: (target: number, spans: readonly ReadableSpan[]) => Promise<Sent>;
}

/** Most bytes that a process leaves for one exporter when it ends. */
const MOST_BYTES = 16 * 1024 * 1024;
/** With so many files in the folder no more is written: a service that dies again and again says the same each time. */
const MOST_FILES = 100;
/** How often the folder is looked at: other processes may have left something. */
const EVERY_MS = 60_000;
/** The first look waits until the service has started. */
const FIRST_MS = 500;
/** A folder that has not answered for so long hangs, as on a network: writing to it would keep the process from ending. */
const HANGS_MS = 2_000;

const NEWLINE: Uint8Array = Uint8Array.of(0x0a);

/** The spool of one set-up. Nothing here throws or rejects. */
export class Spool {
  readonly #parts: SpoolParts;
  readonly #here = thisProcess();
  readonly #stops: readonly (() => void)[];
  /** When the look that is under way began, on the monotonic clock. */
  #lookingSince: number | undefined;
  #look: Promise<void> = Promise.resolve();
  /** Bytes at the end of a file that the exporter did not take at the last try, by what makes its name unique. */
  readonly #failedBytes = new Map<string, number>();
  #isUsable = true;
  #isClosed = false;

  constructor(parts: SpoolParts) {
    this.#parts = parts;
    const look = (): void => void this.look();
    const stopFirst = parts.clock.every(FIRST_MS, () => {
      stopFirst();
      look();
    });
    this.#stops = [stopFirst, parts.clock.every(EVERY_MS, look)];
  }

  /**
   * Writes fragments, for each exporter the most important ones first, as many as there is room for. Synchronous, because the
   * process ends.
   */
  write(targets: readonly (readonly (readonly ReadableSpan[])[])[]): void {
    for (const [target, fragments] of targets.entries()) {
      if (fragments.length === 0) continue;
      try {
        if (!this.#mayWrite()) return;
        const lines = this.#linesOf(fragments);
        writeFile({ folder: this.#parts.folder, target, lines, owner: this.#here });
      } catch (error) {
        this.#trouble("nothing, or not all, is written", error);
      }
    }
  }

  /** Exports what is found in the folder, one file after the other. One look at a time. */
  look(): Promise<void> {
    if (this.#isClosed || this.#lookingSince !== undefined) return this.#look;
    this.#lookingSince = this.#parts.clock.monotonic();
    this.#look = this.#lookNow().then(
      () => {
        this.#isUsable = true;
        this.#lookingSince = undefined;
      },
      (error: unknown) => {
        this.#isUsable = false;
        this.#lookingSince = undefined;
        this.#trouble("it is not used until it can be", error);
      },
    );
    return this.#look;
  }

  /** Takes no more files; resolves when the export that is under way has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    return this.#look;
  }

  async #lookNow(): Promise<void> {
    const { folder } = this.#parts;
    await prepare(folder);
    const files = await filesIn(folder);
    // What follows waits for the exporter, not for the folder.
    this.#lookingSince = Number.POSITIVE_INFINITY;
    const down = new Set<number>();
    for (const found of files) {
      if (this.#isClosed) return;
      const { target } = found.file;
      if (down.has(target) || !isFree(found, this.#here, Date.now())) continue;
      if (!(await this.#resend(found))) down.add(target);
    }
  }

  /** Takes a file and exports it; false if the exporter takes nothing now. */
  async #resend(found: FoundFile): Promise<boolean> {
    const { folder, health, send } = this.#parts;
    const { random, target } = found.file;
    try {
      const name = await take(folder, found, this.#here);
      if (name === undefined) return true;
      const { arrived, lost, done, failedBytes } = await resend(folder, name, {
        send: (spans) => send(target, spans),
        isStopped: () => this.#isClosed,
        skip: this.#failedBytes.get(random) ?? 0,
      });
      // Those of files that other processes have exported stay here: no more than a full folder has.
      if (this.#failedBytes.size > MOST_FILES) this.#failedBytes.clear();
      if (failedBytes === undefined) this.#failedBytes.delete(random);
      else this.#failedBytes.set(random, failedBytes);
      if (arrived > 0) health.count("spool_resent", arrived);
      if (lost > 0) {
        health.count("spool_lost", lost);
        health.once("spool lines", `${lost} requests in a spool file were torn, or refused by the exporter`);
      }
      if (!done) await giveBack(folder, name, found);
      return done || arrived > 0;
    } catch (error) {
      // If it is taken, it keeps our name, so that nobody looks at it again before this process has ended.
      health.once("spool file", `a spool file is left alone: ${reasonOf(error)}`);
      return true;
    }
  }

  #mayWrite(): boolean {
    const { clock, folder, health } = this.#parts;
    const hangs = this.#lookingSince !== undefined && clock.monotonic() - this.#lookingSince > HANGS_MS;
    if (hangs) this.#trouble("nothing is written", new Error("it does not answer"));
    if (hangs || !this.#isUsable) return false;
    // Counted anew: a process may die before its first look, and others have written since the last one.
    const files = countNow(folder);
    if (files < MOST_FILES) return true;
    health.once("spool full", `the spool folder has ${files} files, and gets no more`);
    return false;
  }

  /** One line for each fragment. One that cannot be written is left out. */
  #linesOf(fragments: readonly (readonly ReadableSpan[])[]): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let bytes = 0;
    for (const spans of fragments) {
      try {
        const line = this.#parts.serialize(spans);
        if (bytes + line.length >= MOST_BYTES) continue;
        bytes += line.length + 1;
        lines.push(Buffer.concat([line, NEWLINE]));
      } catch (error) {
        this.#parts.health.failed("the spool", error);
      }
    }
    return lines;
  }

  #trouble(what: string, error: unknown): void {
    this.#parts.health.once("spool", `the spool folder cannot be used, ${what}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
