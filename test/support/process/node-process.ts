// Starts a Node program in a process of its own, keeps what it prints, talks with it, and ends it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";

/** How a program is started. */
export interface ProcessOptions {
  /** For messages. @default the name of the file */
  readonly name?: string;
  readonly args?: readonly string[];
  /** Modules that are loaded before the program. */
  readonly imports?: readonly (URL | string)[];
  readonly nodeOptions?: readonly string[];
  /** All that it sees of an environment beside `PATH`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Stands before the command line, as `ip netns exec NAME`. */
  readonly before?: readonly string[];
  /** The program that runs it. @default the Node of this process */
  readonly node?: string;
  /** False for a program that people start: it has no channel to this process. @default true */
  readonly channel?: boolean;
  /** How long it may take to do what it is asked. @default any time */
  readonly patienceMs?: number;
  /** Its standard input. @default nothing */
  readonly input?: string | Buffer;
  /** Ends it, if it still runs then. @default it is ended with this process */
  readonly undo?: Undo;
}

/** How a process ended. */
export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process, from its start to its end. */
export class NodeProcess {
  readonly name: string;
  /** Resolves when it has ended, and whoever shares its output. */
  readonly exited: Promise<Exit>;
  /** Where it listens, once it has told so. */
  port = 0;
  readonly #child: ChildProcess;
  readonly #patienceMs: number | undefined;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #asked = 0;
  #out = "";
  #err = "";
  #printed = "";
  #ending: NodeJS.Signals | "released" | undefined;

  /** Starts a program that is ready at once, or is asked whether it is. */
  constructor(program: URL | string, options: ProcessOptions = {}) {
    const { name, args = [], imports = [], nodeOptions = [], env, cwd, before = [], undo } = options;
    const { node = process.execPath, channel = true, input, patienceMs } = options;
    undo?.assertNotOver();
    const file = program instanceof URL ? fileURLToPath(program) : program;
    const loaded = imports.flatMap((url) => ["--import", String(url)]);
    const [command = node, ...rest] = [...before, node, ...nodeOptions, ...loaded, file, ...args];
    const child = spawn(command, rest, {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(channel ? ["ipc" as const] : [])],
    });
    this.#child = child;
    this.#patienceMs = patienceMs;
    this.name = name ?? basename(file);
    running.add(child);
    child.stdout?.on("data", (text) => {
      this.#out += text;
      this.#printed += text;
    });
    child.stderr?.on("data", (text) => {
      this.#err += text;
      this.#printed += text;
    });
    child.on("message", (message: Reply) => this.#replies.get(message.id)?.(message));
    // It may end before it has read everything.
    child.stdin?.on("error", () => {}).end(input);
    this.exited = ended(child);
    this.exited.catch(() => {});
    void undo?.add(() => this.stop().then(() => {}));
  }

  /** Starts a program that tells its port, under this topic. */
  static async listening(
    program: URL | string,
    options: ProcessOptions,
    topic = "port",
  ): Promise<NodeProcess> {
    const started = new NodeProcess(program, options);
    await started.listens(topic);
    return started;
  }

  /** Takes its port as soon as it tells it under this topic. */
  async listens(topic = "port"): Promise<void> {
    this.port = (await this.told(topic)) as number;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All that it has written to its standard output. */
  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  /** Both in the order in which they came. */
  get printed(): string {
    return this.#printed;
  }

  /** Rejects when it ends without having been told to, or otherwise than in order. */
  async died(): Promise<never> {
    const exit = await this.exited;
    const inOrder = exit.exitCode === 0 || exit.signal === this.#ending || exit.signal === "SIGKILL";
    if (this.#ending !== undefined && inOrder) return new Promise<never>(() => {});
    throw new RunError(`${this.name} ended by itself: ${howOf(exit)} ${this.#printed}`.trim());
  }

  /** What it says next about `topic` that counts; rejects if it ends before. */
  told(topic: string, counts: (told: unknown) => boolean = () => true): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const listen = (message: Record<string, unknown>): void => {
        if (!(topic in message) || !counts(message[topic])) return;
        this.#child.off("message", listen);
        resolve(message[topic]);
      };
      this.#child.on("message", listen);
      this.exited.then(
        (exit) =>
          reject(
            new RunError(`${this.name} ended before it told its ${topic}: ${howOf(exit)} ${this.#printed}`),
          ),
        reject,
      );
    });
  }

  /** Says something to it. */
  tell(message: string | object): void {
    this.#child.send(message);
  }

  /** Has it do something, by `onAsk`; rejects when that fails, and when the process ends or hangs. */
  async ask<Result>(command: string, args: object = {}): Promise<Result> {
    const id = ++this.#asked;
    let timer: NodeJS.Timeout | undefined;
    try {
      const reply = await Promise.race([
        new Promise<Reply>((resolve) => {
          this.#replies.set(id, resolve);
          this.#child.send({ id, command, args }, () => {});
        }),
        this.exited.then((exit) => {
          throw new RunError(`${this.name} ended by itself: ${howOf(exit)} ${this.#printed}`.trim());
        }),
        new Promise<never>((_, reject) => {
          if (this.#patienceMs === undefined) return;
          timer = setTimeout(() => {
            reject(new RunError(`${this.name} has not answered ${command} for ${this.#patienceMs} ms`));
          }, this.#patienceMs);
        }),
      ]);
      if (reply.error !== undefined) throw new RunError(`${this.name}: ${reply.error}`);
      return reply.result as Result;
    } finally {
      clearTimeout(timer);
      this.#replies.delete(id);
    }
  }

  /** The first match in what it has printed, as soon as there is one; rejects if it ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    const end = this.exited.then(() => {
      over = true;
    });
    for (;;) {
      const match = pattern.exec(this.#printed);
      if (match !== null) return match;
      if (over) throw new RunError(`${this.name} ended without printing ${pattern}: ${this.#printed}`);
      const chunk = [this.#child.stdout, this.#child.stderr].map((stream) => once(stream as never, "data"));
      await Promise.race([...chunk, end]);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it in order by a signal, or has it go on to its end if it was told otherwise. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    this.#ending = signal;
    this.#child.kill(signal);
    return await this.exited;
  }

  /** Ends the channel: a program that lives as long as its parent ends by itself. */
  async release(): Promise<Exit> {
    this.#ending ??= "released";
    if (this.#child.connected) this.#child.disconnect();
    return await this.exited;
  }

  /** Ends it at once; returns all that it printed, which is nothing if all went well. */
  async stop(): Promise<string> {
    const { exitCode, signalCode } = this.#child;
    const alone = this.#ending === undefined && (exitCode !== null || signalCode !== null);
    this.#ending = "SIGKILL";
    this.#child.kill("SIGKILL");
    await this.exited;
    return alone ? `${this.name} had ended by itself: ${this.#printed}` : this.#printed;
  }
}

/** Runs a program to its end, as a person does. */
export async function runNode(
  program: URL | string,
  options: ProcessOptions = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const run = new NodeProcess(program, { channel: false, ...options });
  const { exitCode } = await run.exited;
  return { code: exitCode, out: run.out, err: run.err };
}

/** "close" would not come if this side ends the channel. */
async function ended(child: ChildProcess): Promise<Exit> {
  const streams = [child.stdout, child.stderr].map((stream) => once(stream as never, "close"));
  const [exitCode, signal] = await once(child, "exit");
  running.delete(child);
  await Promise.all(streams);
  return { exitCode, signal };
}

function howOf({ exitCode, signal }: Exit): string {
  return signal ?? `exit code ${exitCode}`;
}
