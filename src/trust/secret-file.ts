// Reads a file of secrets, as Kubernetes and Docker mount them: at set-up, and then once a minute.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";

/** More than enough: two secrets of the greatest length have 547 bytes. */
const MOST_BYTES = 4096;
/** Opening a pipe must not block until somebody writes to it. Windows has neither of the two flags. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
const ANYBODY_WRITES = 0o002;

/** The text of the file, or why it is not used. */
export type SecretText = { readonly text: string } | { readonly fault: string };

/** Reads the file synchronously, which only set-up may do. Never throws. */
export function readSecretFile(path: string): SecretText {
  let file: number | undefined;
  try {
    file = openSync(path, FLAGS);
    const fault = faultOf(fstatSync(file));
    if (fault !== undefined) return { fault };
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    return textOf(bytes, readSync(file, bytes, 0, bytes.length, 0));
  } catch (error) {
    return { fault: unreadable(error) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The same without blocking. Never rejects. */
export async function rereadSecretFile(path: string): Promise<SecretText> {
  try {
    const file = await open(path, FLAGS);
    try {
      const fault = faultOf(await file.stat());
      if (fault !== undefined) return { fault };
      const bytes = Buffer.alloc(MOST_BYTES + 1);
      return textOf(bytes, (await file.read(bytes, 0, bytes.length, 0)).bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { fault: unreadable(error) };
  }
}

/** Only writing matters: mounted secrets can be read by everybody in the container, which is for its owner to judge. */
function faultOf(stats: Stats): string | undefined {
  if (!stats.isFile()) return "is no file";
  const isWindows = process.platform === "win32";
  return !isWindows && (stats.mode & ANYBODY_WRITES) !== 0 ? "can be written by everybody" : undefined;
}

/** One read is enough for a file of that size. */
function textOf(bytes: Buffer, length: number): SecretText {
  if (length > MOST_BYTES) return { fault: `has more than ${MOST_BYTES} bytes` };
  const text = bytes.toString("utf8", 0, length).trim();
  return text === "" ? { fault: "is empty" } : { text };
}

/** Shows the code of the error only: its message contains the path and may be of any length. */
function unreadable(error: unknown): string {
  const { code } = error as { code?: unknown };
  return `cannot be read (${typeof code === "string" ? code : "unknown error"})`;
}
