// One step of an installation: a program that runs to its end, with all that it says in a log.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { RunError } from "../program/run-error.ts";
import type { Undo } from "../program/undo.ts";
import { ROOT, TOOLS } from "./files.ts";

/** A program to be run. */
export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  /** @default the root of the repository */
  readonly folder?: string;
  /** Beyond our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

const STOP_TIMEOUT_MS = 10_000;

/** The log of what is done for a tool, or with it. */
export function logOf(name: string): string {
  return join(TOOLS, "log", `${name}.log`);
}

/**
 * Runs one program to its end, in a log that is begun anew with `begin`.
 *
 * @throws RunError that names the log and the last that was said, where it fails
 */
export async function runStep(step: Step, log: string, undo: Undo, begin = false): Promise<void> {
  const { program, args, folder = ROOT, environment = {} } = step;
  undo.assertNotOver();
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, begin ? "w" : "a");
  try {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", output, output],
      // A group of its own: compilers start others, and all of them are stopped with it.
      detached: true,
    });
    const ended = once(child, "exit");
    await undo.add(async () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const group = -child.pid;
      process.kill(group, "SIGTERM");
      const killer = setTimeout(() => process.kill(group, "SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(killer);
    });
    const [exitCode, signal] = await ended;
    if (exitCode === 0) return;
    const how = signal ?? `exit code ${exitCode}`;
    throw new RunError(
      `${program} ${args[0]} failed (${how}): ${lastLine(log)}\nAll it said: ${relative(ROOT, log)}`,
    );
  } finally {
    closeSync(output);
  }
}

function lastLine(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").at(-1)?.trim() ?? "";
}
