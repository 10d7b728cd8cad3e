// `error-tree render` as a process that runs on, and what it prints.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Undo } from "../../../collector-config/program/undo.ts";

const BIN = fileURLToPath(new URL("../../../src/cli/bin.ts", import.meta.url));

/** A run that may not be over. */
export class RenderProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #out = "";
  #err = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, "close");
    child.stdout?.on("data", (text) => {
      this.#out += text;
    });
    child.stderr?.on("data", (text) => {
      this.#err += text;
    });
  }

  static async start(undo: Undo, ...args: readonly string[]): Promise<RenderProcess> {
    const child = spawn(process.execPath, [BIN, "render", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    await undo.add(() => void child.kill("SIGKILL"));
    return new RenderProcess(child);
  }

  /** Lines that it has printed so far. */
  get out(): string[] {
    return this.#out.split("\n").slice(0, -1);
  }

  /** Lines that it has said beside. */
  get err(): string[] {
    return this.#err.split("\n").slice(0, -1);
  }

  /** As Ctrl-C does; returns the exit code. */
  async interrupt(): Promise<number | null> {
    this.#child.kill("SIGINT");
    await this.#closed;
    return this.#child.exitCode;
  }
}
