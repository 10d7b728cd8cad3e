// A real program that runs until it is stopped, killed or undone, and can be started again as it was.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RunError } from "../program/run-error.ts";
import type { Undo } from "../program/undo.ts";
import { until } from "./until.ts";

/** A program, and how to know that it is up. */
export interface DaemonSpec {
  /** For people, and the name of its log. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** All that it sees beside PATH and HOME: nothing of ours leaks into it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs and its log is written; made where it is not there. */
  readonly folder: string;
  readonly isReady: (daemon: Daemon) => Promise<boolean> | boolean;
  /** @default 60 seconds: a broker on a busy machine takes long */
  readonly readyTimeoutMs?: number;
}

const STOP_TIMEOUT_MS = 20_000;
const SAID = 3000;

/** Starts a program and waits until it is ready. */
export async function startDaemon(spec: DaemonSpec, undo: Undo): Promise<Daemon> {
  const daemon = new Daemon(spec);
  await undo.add(() => daemon.kill());
  undo.assertNotOver();
  await daemon.start();
  return daemon;
}

/** One program; its arguments, ports and folder stay the same from start to start, its log goes on. */
export class Daemon {
  readonly #spec: DaemonSpec;
  readonly #log: string;
  #child: ChildProcess | undefined;

  constructor(spec: DaemonSpec) {
    this.#spec = spec;
    this.#log = join(spec.folder, `${spec.name}.log`);
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** All that it has said so far, of all its lives. */
  get said(): string {
    return readFileSync(this.#log, "utf8");
  }

  /** @throws RunError with the end of its log, where it ends or does not become ready */
  async start(): Promise<void> {
    const { name, program, args, environment = {}, folder, isReady, readyTimeoutMs } = this.#spec;
    if (this.isRunning) throw new RunError(`${name} is running already`);
    mkdirSync(folder, { recursive: true });
    const output = openSync(this.#log, "a");
    const { PATH = "", HOME = folder } = process.env;
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH, HOME, ...environment },
      stdio: ["ignore", output, output],
      // Ctrl-C is ours to handle.
      detached: true,
    });
    closeSync(output);
    this.#child = child;
    let failure: string | undefined;
    child.once("error", (error) => {
      failure = error.message;
    });
    try {
      await until(
        `${name} is up`,
        () => {
          if (failure !== undefined) throw new RunError(failure);
          if (!this.isRunning)
            throw new RunError(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
          return isReady(this);
        },
        readyTimeoutMs,
      );
    } catch (error) {
      throw new RunError(`${name} did not start: ${(error as Error).message}\n${this.said.slice(-SAID)}`);
    }
  }

  /** In order: it may finish what it is doing. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** As a crash: at once, and nothing is finished. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const exit = once(child, "exit");
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(killer);
  }
}

/** True where a GET is answered with 2xx. */
export async function answers(url: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) });
  await response.arrayBuffer();
  return response.ok;
}
