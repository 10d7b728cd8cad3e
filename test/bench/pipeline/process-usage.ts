// What a process of another program takes: CPU and memory, as Linux counts them.
import { readFileSync } from "node:fs";
import { RunError } from "../../../collector-config/program/run-error.ts";

/** USER_HZ, the same on all machines that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 100;

/** CPU seconds of a process so far, all threads, user and system, in steps of 10 ms (`/proc/PID/stat`). */
export function cpuSecondsOf(pid: number): number {
  const stat = readProc(pid, "stat");
  // The name of the program, in brackets, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [fields[11], fields[12]].map(Number) as [number, number];
  return (user + system) / TICKS_PER_SECOND;
}

/** Resident memory, in megabytes. */
export interface Resident {
  readonly peak: number;
  readonly mean: number;
  /** Without pages of files: of a program as large as a Collector most that is resident are those of its binary. */
  readonly ownPeak: number;
}

/** Looks at the resident memory of a process ten times a second until it is told to end. */
export class ResidentWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;
  #ownPeak = 0;
  #sum = 0;
  #count = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS).unref();
    this.#look();
  }

  end(): Resident {
    clearInterval(this.#timer);
    return { peak: this.#peak, mean: this.#sum / this.#count, ownPeak: this.#ownPeak };
  }

  #look(): void {
    const status = readProc(this.#pid, "status");
    const megabytes = megabytesOf(status, "VmRSS");
    this.#ownPeak = Math.max(this.#ownPeak, megabytesOf(status, "RssAnon"));
    this.#peak = Math.max(this.#peak, megabytes);
    this.#sum += megabytes;
    this.#count++;
  }
}

function megabytesOf(status: string, name: string): number {
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}

function readProc(pid: number, file: "stat" | "status"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    throw new RunError(`/proc/${pid}/${file} cannot be read: this bench needs Linux, and that process`);
  }
}
