// Writes and reads the names of spool files: what a file is, and whose, stands in its name, because a rename is atomic.
import { randomBytes } from "node:crypto";
import type { Owner } from "./owner.ts";

/**
 * A spool file. `new`: it is being written. `ready`: whoever comes first may take it. `taken`: a process exports it.
 */
export type SpoolFile = Named & ({ readonly state: "ready" } | Owned);

interface Named {
  /** When it was written, or last given back, in milliseconds since the epoch: the oldest is taken first. */
  readonly writtenMs: number;
  /** Makes it unique. */
  readonly random: string;
  /** The exporter that the spans are for, by its place among those of the process. */
  readonly target: number;
}

interface Owned {
  readonly state: "new" | "taken";
  readonly owner: Owner;
  /** Since when, in milliseconds since the epoch. */
  readonly sinceMs: number;
}

const NAME =
  /^error-tree-(\d{13})-([0-9a-f]{16})\.(\d)\.jsonl(?:\.(new|taken)-(\d{13})-([0-9a-f]{8})-(\d{1,10})-(\d{1,20}))?$/;

/** The name of a new file. */
export function newFile(target: number, nowMs: number): Named {
  return { writtenMs: nowMs, random: randomBytes(8).toString("hex"), target };
}

/** The name as anybody may take it. */
export function readyName({ writtenMs, random, target }: Named): string {
  return `error-tree-${String(writtenMs).padStart(13, "0")}-${random}.${target}.jsonl`;
}

/** The name while a process has it. */
export function ownedName(file: Named, state: Owned["state"], owner: Owner, nowMs: number): string {
  const { place, pid, start } = owner;
  return `${readyName(file)}.${state}-${String(nowMs).padStart(13, "0")}-${place}-${pid}-${start}`;
}

/** Reads a name; `undefined` if it is none of ours. */
export function fileOf(name: string): SpoolFile | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, writtenMs, random = "", target, state, sinceMs, place = "", pid, start = ""] = match;
  const named = { writtenMs: Number(writtenMs), random, target: Number(target) };
  if (state === undefined) return { ...named, state: "ready" };
  return {
    ...named,
    state: state as Owned["state"],
    sinceMs: Number(sinceMs),
    owner: { place, pid: Number(pid), start },
  };
}
