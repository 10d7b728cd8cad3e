// Processes of a bench: started with an argument, asked over IPC one question at a time, gone with their parent.
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { BenchError } from "./bench.ts";

const STDIO = ["ignore", "inherit", "inherit", "ipc"] as const;

/** True where processes can be kept on a core of their own each; figures get steadier, and are valid without. */
export function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  return [0, 1].every((core) => spawnSync("taskset", ["-c", String(core), "true"]).status === 0);
}

/** A process that answers questions by {@link answerQuestions}. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;

  /** Starts `module`; `argument` reaches it as JSON, `core` keeps it on one. */
  constructor(module: URL, argument: object, core: number | undefined) {
    const file = fileURLToPath(module);
    const args = [JSON.stringify(argument)];
    this.#name = file.slice(file.lastIndexOf("/") + 1);
    this.#process =
      core === undefined
        ? fork(file, args, { stdio: [...STDIO] })
        : spawn("taskset", ["-c", String(core), process.execPath, ...process.execArgv, file, ...args], {
            stdio: [...STDIO],
          });
  }

  /** The answer to a question, or, where there is none, what the child says first. */
  async ask<Answer>(question?: object | string): Promise<Answer> {
    const gone = new AbortController();
    const { signal } = gone;
    const died = once(this.#process, "exit", { signal }).then(([exitCode, killedBy]) => {
      throw new BenchError(`${this.#name} stopped by itself: ${killedBy ?? `exit code ${exitCode}`}`);
    });
    const answered = once(this.#process, "message", { signal });
    if (question !== undefined) this.#process.send(question);
    try {
      const [answer] = await Promise.race([answered, died]);
      return answer as Answer;
    } finally {
      gone.abort();
      await Promise.allSettled([answered, died]);
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.disconnect();
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
