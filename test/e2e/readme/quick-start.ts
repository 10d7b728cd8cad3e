// Reads the README's quick start, and does what it says: its programs, and its commands by a shell.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Undo } from "../../../collector-config/program/undo.ts";

export const README: string = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

/** A block of code, and the language that its first line names. */
interface Block {
  readonly language: string;
  readonly text: string;
}

const QUICK_START = README.split("\n## Quick start\n")[1]?.split("\n## ")[0] ?? "";
const BLOCKS: readonly Block[] = [...QUICK_START.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(
  ([, language = "", text = ""]) => ({ language, text }),
);
const commandOf = (step: number): string =>
  BLOCKS.filter(({ language }) => language === "sh")[step]?.text.trim() ?? "";

export const INSTALL: string = commandOf(0);
export const START: string = commandOf(1);
export const LOOK: string = commandOf(2);
export const DOCTOR: string = commandOf(3);
/** What step 4 prints, as the README shows it. */
export const OUTPUT: string = BLOCKS.find(({ language }) => language === "text")?.text.trim() ?? "";
/** The two services, by the name in their first line. */
const PROGRAMS = BLOCKS.filter(({ language }) => language === "js").map(({ text }) => ({
  name: /^\/\/ (\S+)/.exec(text)?.[1] ?? "",
  text,
}));

/** Where it is done. */
export interface Place {
  /** An empty folder from which the packages are found. */
  readonly folder: string;
  /** The ports in place of 3000 and 3001, which somebody may use here. */
  readonly ports: readonly [number, number];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly undo: Undo;
}

/** Writes the programs of step 2, and starts them as step 3 says. Resolves when both answer. */
export async function startQuickStart(place: Place): Promise<ChildProcess> {
  const { folder, ports, undo } = place;
  for (const { name, text } of PROGRAMS) writeFileSync(join(folder, name), ported(text, place));
  const shell = spawn("bash", ["-c", `${ported(START, place)}\nwait`], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...place.env },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  void undo.add(async () => {
    if (shell.exitCode === null && shell.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
    if (shell.exitCode === null && shell.signalCode === null) await once(shell, "exit");
  });
  let printed = "";
  shell.stderr.on("data", (text) => (printed += text));
  for (const port of ports)
    await answering(
      port,
      () => shell.exitCode !== null,
      () => printed,
    );
  return shell;
}

async function answering(port: number, isOver: () => boolean, printed: () => string): Promise<void> {
  while (!isOver()) {
    try {
      await (await fetch(`http://localhost:${port}/`)).text();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`the quick start ended: ${printed()}`);
}

/** Runs a command of the quick start in its folder; returns what it printed and its exit code. */
export async function runCommand(command: string, place: Place): Promise<{ out: string; code: number }> {
  const shell = spawn("bash", ["-c", ported(command, place)], {
    cwd: place.folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...place.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  shell.stdout.on("data", (text) => (out += text));
  shell.stderr.on("data", (text) => (out += text));
  const [code] = await once(shell, "close");
  return { out, code: code as number };
}

function ported(text: string, { ports: [first, second] }: Place): string {
  return text.replaceAll("3000", String(first)).replaceAll("3001", String(second));
}
