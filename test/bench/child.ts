// Processes of a bench: started with an argument, asked over IPC one question at a time, gone with their parent.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { RunError } from "../../collector-config/program/run-error.ts";

/** What a process is started with. */
export interface ChildOptions {
  /** Reaches the process as JSON. */
  readonly argument?: object;
  /** Variables beside those of this process; its own of OpenTelemetry are kept away. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node beside those of this process. @default none */
  readonly nodeOptions?: readonly string[];
  /** The core to stay on. @default any */
  readonly core?: number | undefined;
}

/** True where processes can be kept on a core of their own each; figures get steadier, and are valid without. */
export function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  return [0, 1].every((core) => spawnSync("taskset", ["-c", String(core), "true"]).status === 0);
}

/** A process that answers questions by {@link answerQuestions}. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;

  constructor(module: URL, { argument = {}, env = {}, nodeOptions = [], core }: ChildOptions = {}) {
    const file = fileURLToPath(module);
    const node = [process.execPath, ...process.execArgv, ...nodeOptions];
    const command = [...node, file, JSON.stringify(argument)];
    if (core !== undefined) command.unshift("taskset", "-c", String(core));
    this.#name = basename(file);
    this.#process = spawn(command[0] as string, command.slice(1), {
      env: { ...inheritedEnvironment(), ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  /** The answer to a question, or, where there is none, what the process says first. */
  async ask<Answer>(question?: object | string): Promise<Answer> {
    const settled = new AbortController();
    const { signal } = settled;
    const answered = once(this.#process, "message", { signal });
    const died = once(this.#process, "exit", { signal }).then(([exitCode, killedBy]) => {
      throw new RunError(`${this.#name} stopped by itself: ${killedBy ?? `exit code ${exitCode}`}`);
    });
    try {
      if (question !== undefined) this.#process.send(question);
      const [answer] = await Promise.race([answered, died]);
      return answer as Answer;
    } finally {
      settled.abort();
      await Promise.allSettled([answered, died]);
    }
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    if (child.connected) child.disconnect();
    await exit;
  }
}

/** What the parent gave to this process. */
export function readArgument<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}

/** Says `hello` to the parent, then answers its questions until it is gone. */
export function answerQuestions<Question, Answer extends object>(
  hello: object,
  answer: (question: Question) => Promise<Answer>,
): void {
  process.on("message", async (question: Question) => {
    process.send?.(await answer(question));
  });
  process.once("disconnect", () => process.exit());
  process.send?.(hello);
}

/** A sampler or exporter that somebody's shell names must not be measured. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OTEL_")));
}
