// Names a process so that others can find out whether it still lives.
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, as names of files have it. */
export interface Owner {
  /** Host, its boot and its space of process ids, as a hash of 8 hexadecimal digits: within one of them a pid means something. */
  readonly place: string;
  readonly pid: number;
  /** When it started, in units of its system: a pid is used again. */
  readonly start: string;
}

/** This process. */
export function thisProcess(): Owner {
  return { place: placeHere(), pid: process.pid, start: startOf(process.pid) ?? ownStart() };
}

/** True if the process is dead, false if it lives, `undefined` if nobody here can know. */
export function isDead({ place, pid, start }: Owner, here: Owner): boolean | undefined {
  if (place !== here.place) return undefined;
  if (pid === here.pid) return start !== here.start;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  const now = startOf(pid);
  return now === undefined ? undefined : now !== start;
}

function placeHere(): string {
  const hash = createHash("sha256").update(hostname());
  hash.update(textOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")));
  hash.update(textOr("", () => readlinkSync("/proc/self/ns/pid")));
  return hash.digest("hex").slice(0, 8);
}

/** The 22nd field of its `stat`, on Linux. The name in the second one may contain anything. */
function startOf(pid: number): string | undefined {
  const stat = textOr("", () => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return start !== undefined && /^\d+$/.test(start) ? start : undefined;
}

function ownStart(): string {
  return String(Math.round(performance.timeOrigin));
}

function textOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
