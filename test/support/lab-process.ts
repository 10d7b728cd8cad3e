// The lab as a person starts it: a process of its own, of which a test sees what a person would.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../examples/lab/main.ts", import.meta.url));

/** How a lab process ended. */
export interface LabExit {
  readonly exitCode: number | null;
  readonly output: string;
  readonly problems: string;
}

/** A lab that was started and may still run. */
export class LabProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = "";
  #problems = "";

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void this.#child.kill());
    // "close", unlike "exit", waits for the services too: they hold the same standard error.
    this.#closed = once(this.#child, "close");
    this.#child.stdout?.on("data", (text) => {
      this.#output += text;
    });
    this.#child.stderr?.on("data", (text) => {
      this.#problems += text;
    });
  }

  /** What was printed, as soon as it matches. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      const [text] = await Promise.race([
        once(this.#child.stdout as NodeJS.ReadableStream, "data"),
        this.#closed.then(() => []),
      ]);
      if (text === undefined)
        throw new Error(`the lab ended without printing ${pattern}: ${this.#output}${this.#problems}`);
    }
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Resolves when the lab and every process that it started have ended. */
  async ended(): Promise<LabExit> {
    await this.#closed;
    return { exitCode: this.#child.exitCode, output: this.#output, problems: this.#problems };
  }
}

/** Runs the lab to its end. */
export function runLab(...args: string[]): Promise<LabExit> {
  return new LabProcess(...args).ended();
}
