// One program of the shop: a process that is ended, started again, and whose lines are kept.
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ShopError } from "./undo.ts";

/** The root of the repository, where the package finds itself by its name. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

const ENDS_WITH_PARENT = import.meta.resolve("../ends-with-parent.ts");
const READY_MS = 120_000;
const STOP_MS = 15_000;
const MOST_LINES = 5_000;

/** A program, and the text in one of its lines that says that it is ready. */
export interface ProgramSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ready: string;
}

/** A Node program; its arguments and its environment stay the same from start to start. */
export class Program {
  readonly name: string;
  /** What it has printed, the last lines of all its lives. */
  readonly lines: string[] = [];
  readonly #spec: ProgramSpec;
  #child: ChildProcess | undefined;
  #isOver = false;

  constructor(spec: ProgramSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws ShopError with its last lines, if it ends before it is ready, is not ready in time, or may not run any more */
  async start(changed: Partial<ProgramSpec> = {}): Promise<void> {
    if (this.#isOver) throw new ShopError(`${this.name} is not started any more: the shop is closing`);
    const { args, env, ready } = { ...this.#spec, ...changed };
    const { PATH = "", HOME = "/" } = process.env;
    const child = spawn(process.execPath, ["--import", ENDS_WITH_PARENT, ...args], {
      cwd: ROOT,
      env: { PATH, HOME, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Ctrl-C is the shop's to handle.
      detached: true,
    }) as ChildProcessByStdio<null, Readable, Readable>;
    this.#child = child;
    const isReady = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on("line", (line) => {
          this.lines.push(line);
          if (this.lines.length > MOST_LINES) this.lines.shift();
          if (line.includes(ready)) resolve();
        });
      }
    });
    const timeout = new AbortController();
    const late = AbortSignal.any([AbortSignal.timeout(READY_MS), timeout.signal]);
    try {
      const ended = once(child, "exit", { signal: late }).then(([code, signal]) => {
        throw new ShopError(`it ended with ${signal ?? `exit code ${code}`}`);
      });
      await Promise.race([isReady, ended]);
    } catch (error) {
      const said = this.lines.slice(-10).join("\n");
      throw new ShopError(`${this.name} did not start: ${(error as Error).message}\n${said}`);
    } finally {
      timeout.abort();
    }
  }

  /** Ends it as a deploy does, by SIGTERM. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exit;
    clearTimeout(killer);
  }

  /** Ends it for good: what somebody has just been told to start does not outlive the shop. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.stop();
  }
}
