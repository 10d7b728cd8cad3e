// The parent's side of a process: started where and as it is needed, told what to do, ended by signal or at the end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";

/** How a process is started. */
export interface ActorOptions {
  readonly name: string;
  readonly program: URL;
  /** The whole environment beside `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Stands before the command line. */
  readonly before?: readonly string[];
  /** The program that runs it. @default this process's node */
  readonly node?: string;
  readonly undo: Undo;
}

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Long enough on a busy machine; a process that says nothing for so long hangs. */
const PATIENCE_MS = 60_000;

/** A process that does what it is told by {@link ask}. */
export class Actor {
  readonly name: string;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;
  #printed = "";

  /** Starts it; resolves when it is ready. It is killed by `undo`, where it still runs then. */
  static async start(options: ActorOptions): Promise<Actor> {
    options.undo.assertNotOver();
    const actor = new Actor(options);
    await options.undo.add(() => actor.kill());
    await actor.#reply(0);
    return actor;
  }

  private constructor({
    name,
    program,
    env,
    nodeOptions = [],
    before = [],
    node = process.execPath,
  }: ActorOptions) {
    this.name = name;
    const [command = node, ...args] = [...before, node, ...nodeOptions, fileURLToPath(program)];
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { PATH: process.env.PATH, ...env },
    });
    this.#child = child;
    this.ended = once(child, "close").then(([exitCode, signal]) => ({ exitCode, signal }));
    const keep = (chunk: Buffer): void => {
      this.#printed += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("message", (message) => this.#waiting.get((message as Reply).id)?.(message as Reply));
  }

  /** All that it wrote to its output so far. */
  get printed(): string {
    return this.#printed;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Has it do something, and gives what came of it; rejects when it fails, ends or hangs. */
  async ask<Result>(command: string, args: object = {}): Promise<Result> {
    const id = ++this.#asked;
    const reply = this.#reply(id);
    this.#child.send({ id, command, args }, () => {});
    return (await reply) as Result;
  }

  /** What it says next about a topic, without having been asked. */
  said(topic: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const listen = (message: object): void => {
        if (!(topic in message)) return;
        this.#child.off("message", listen);
        resolve((message as Record<string, unknown>)[topic]);
      };
      this.#child.on("message", listen);
      void this.ended.then(() =>
        reject(new RunError(`${this.name} ended before it told its ${topic}: ${this.#printed}`)),
      );
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #reply(id: number): Promise<unknown> {
    const timer = new AbortController();
    try {
      const reply = await Promise.race([
        new Promise<Reply>((resolve) => this.#waiting.set(id, resolve)),
        this.ended.then(({ exitCode, signal }) => {
          const how = signal ?? `exit code ${exitCode}`;
          throw new RunError(`${this.name} ended by itself: ${how} ${this.#printed}`.trim());
        }),
        silence(this.name, timer.signal),
      ]);
      if (reply.error !== undefined) throw new RunError(`${this.name}: ${reply.error}`);
      return reply.result;
    } finally {
      timer.abort();
      this.#waiting.delete(id);
    }
  }
}

function silence(name: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => {
      reject(new RunError(`${name} has said nothing for ${PATIENCE_MS / 1000} s`));
    }, PATIENCE_MS);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
}
