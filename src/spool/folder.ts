// Looks at the spool folder: whether it can be used, and which of its files may be taken.
import { lstatSync, opendirSync, type Stats } from "node:fs";
import { access, constants, lstat, mkdir, opendir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileOf, ownedName, readyName, type SpoolFile } from "./file-name.ts";
import { isDead, type Owner } from "./owner.ts";
import { FOLDER_MODE } from "./write-file.ts";

/** After this a file is free although nobody here can know whether its owner lives: on another host, or in another container. */
const LEASE_MS = 15 * 60_000;
/** Most names that are read: others may use the folder, too. */
const MOST_NAMES = 10_000;

/** A file that was found, by the name that it has now. */
export interface FoundFile {
  readonly name: string;
  readonly file: SpoolFile;
}

/**
 * Makes the folder if it is not there.
 *
 * @throws an error whose message says why it cannot be used
 */
export async function prepare(folder: string): Promise<void> {
  await makeFolder(folder);
  checkFolder(await lstat(folder));
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}

function checkFolder(found: Stats): void {
  // Whoever can make links beside it could send our spans anywhere.
  if (found.isSymbolicLink()) throw new Error("it is a symbolic link");
  if (!found.isDirectory()) throw new Error("it is no folder");
}

/** Not by `recursive` of Node, which never ends for a folder that a file system refuses with ENOENT, as /proc does. */
async function makeFolder(folder: string, isLastTry = dirname(folder) === folder): Promise<void> {
  try {
    await mkdir(folder, FOLDER_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || isLastTry) throw error;
    await makeFolder(dirname(folder));
    // Another process may have made it by now.
    await makeFolder(folder, true);
  }
}

/** The spool files in the folder, the oldest first. */
export async function filesIn(folder: string): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  let names = 0;
  for await (const { name } of await opendir(folder)) {
    if (++names > MOST_NAMES) break;
    const file = fileOf(name);
    if (file !== undefined) found.push({ name, file });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * How many spool files are in the folder, none if it is not there. Synchronous, because the process ends.
 *
 * @throws an error whose message says why it cannot be used
 */
export function countNow(folder: string): number {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  checkFolder(found);
  const entries = opendirSync(folder);
  try {
    let files = 0;
    for (let names = 0; names < MOST_NAMES; names++) {
      const entry = entries.readSync();
      if (entry === null) break;
      if (fileOf(entry.name) !== undefined) files++;
    }
    return files;
  } finally {
    entries.closeSync();
  }
}

/** True if a file is ready, or whoever writes or exports it is gone. */
export function isFree({ file }: FoundFile, here: Owner, nowMs: number): boolean {
  if (file.state === "ready") return true;
  return isDead(file.owner, here) ?? nowMs - file.sinceMs > LEASE_MS;
}

/**
 * Takes a file by its name: of several that try, one succeeds. Returns the new name; `undefined` if somebody was faster.
 *
 * @throws an error whose message says why it is left alone
 */
export async function take(
  folder: string,
  { name, file }: FoundFile,
  here: Owner,
): Promise<string | undefined> {
  const taken = ownedName(file, "taken", here, Date.now());
  return (await renamed(folder, name, taken)) ? taken : undefined;
}

/** Gives a file back, for whoever comes next. All others are taken before: it may hold what an exporter never takes. */
export async function giveBack(folder: string, name: string, { file }: FoundFile): Promise<void> {
  await renamed(folder, name, readyName({ ...file, writtenMs: Date.now() }));
}

/** Throws if this is no file, or that of another user. */
export function checkFile(found: Stats): void {
  if (!found.isFile()) throw new Error("it is no file");
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  if (!isOwn) throw new Error("it belongs to another user");
}

async function renamed(folder: string, from: string, to: string): Promise<boolean> {
  try {
    // Under a name of ours its user would not take it.
    checkFile(await lstat(join(folder, from)));
    await rename(join(folder, from), join(folder, to));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
