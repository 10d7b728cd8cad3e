// Writes a spool file in one go, while the process ends: nothing asynchronous runs any more.
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { newFile, ownedName, readyName } from "./file-name.ts";
import type { Owner } from "./owner.ts";

/** Only this user reads what spans say. */
export const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** What a file is written with. */
export interface FileToWrite {
  readonly folder: string;
  /** The exporter that the spans are for. */
  readonly target: number;
  readonly lines: readonly Uint8Array[];
  readonly owner: Owner;
}

/**
 * Writes the lines under a name that nobody takes as long as this process lives, then renames the file. A link of that name
 * would not be followed. If the folder is full, the lines that are whole by then stay.
 *
 * @throws the error of the file system
 */
export function writeFile({ folder, target, lines, owner }: FileToWrite): void {
  const file = newFile(target, Date.now());
  const path = join(folder, ownedName(file, "new", owner, file.writtenMs));
  const descriptor = opened(folder, path);
  let whole = 0;
  try {
    for (const line of lines) {
      writeAll(descriptor, line);
      whole++;
    }
  } finally {
    closeSync(descriptor);
    if (whole === 0) rmSync(path, { force: true });
    else renameSync(path, join(folder, readyName(file)));
  }
}

function opened(folder: string, path: string): number {
  try {
    return openSync(path, "wx", FILE_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    makeFolder(folder);
    return openSync(path, "wx", FILE_MODE);
  }
}

/** Not by `recursive` of Node, which never ends for a folder that a file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string, isLastTry = dirname(folder) === folder): void {
  try {
    mkdirSync(folder, FOLDER_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || isLastTry) throw error;
    makeFolder(dirname(folder));
    // Another process may have made it by now.
    makeFolder(folder, true);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
}
