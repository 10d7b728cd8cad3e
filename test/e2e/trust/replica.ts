// The parent's side of one process of a service: started with a secret, told whom to call, asked what it saw, stopped.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ErrorTreeParts } from "otel-error-tree";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { SeenAsks } from "./ask-counter.ts";
import type { Peers } from "./peer-agent.ts";

/** Asks a replica what it saw; where it is told whom to call, it answers when it has nothing in flight to anybody else. */
export interface Question {
  readonly id: number;
  readonly peers?: Peers;
}

export interface Answer {
  readonly id: number;
  readonly words: Words;
}

/** What a replica saw since it was started. */
export interface Words {
  readonly counts: ReturnType<ErrorTreeParts["counts"]>;
  /** Warnings and errors, as a host with a logger would have them in its log. */
  readonly diagnostics: readonly string[];
  readonly seen: SeenAsks;
}

/** How a replica is started. */
export interface ReplicaOptions {
  /** `cart-a` */
  readonly name: string;
  readonly service: string;
  /** The address that it listens on and calls from. */
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
  readonly undo: Undo;
}

const SERVICE = fileURLToPath(new URL("../../../examples/lab/service.ts", import.meta.url));
const PRELOADS = ["./clock.ts", "./preload.ts"].map((file) => new URL(file, import.meta.url).href);

/** Starts a replica on a free port of its address; resolves when it listens. It is killed by `undo`, where it still runs then. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const { name, service, host, env, undo } = options;
  undo.assertNotOver();
  const child = fork(SERVICE, {
    execArgv: PRELOADS.flatMap((url) => ["--import", url]),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH: process.env.PATH, SERVICE_NAME: service, HOST: host, PORT: "0", ...env },
  });
  const replica = new Replica(name, service, child);
  await undo.add(() => replica.kill());
  await replica.listens(host);
  return replica;
}

export class Replica {
  readonly name: string;
  readonly service: string;
  /** `address:port` */
  address = "";
  /** What it last said. */
  words: Words | undefined;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Map<number, (words: Words) => void>();
  #questions = 0;
  #printed = "";
  #ending = false;

  constructor(name: string, service: string, child: ChildProcess) {
    this.name = name;
    this.service = service;
    this.#child = child;
    this.#exited = once(child, "close");
    const keep = (chunk: Buffer): void => {
      this.#printed += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("message", (message) => {
      const { id, words } = message as Answer;
      this.#waiting.get(id)?.(words);
    });
  }

  /** All that it wrote to its output: nothing, where all is well. */
  get printed(): string {
    return this.#printed;
  }

  /** Rejects when it ends without having been told to, or ends otherwise than in order. */
  async died(): Promise<never> {
    await this.#exited;
    const { exitCode, signalCode } = this.#child;
    if (this.#ending && (exitCode === 0 || signalCode === "SIGKILL")) return new Promise<never>(() => {});
    const how = signalCode ?? `exit code ${exitCode}`;
    throw new RunError(`${this.name} stopped by itself: ${how} ${this.#printed}`.trim());
  }

  async listens(host: string): Promise<void> {
    const [{ listening }] = (await Promise.race([once(this.#child, "message"), this.died()])) as [
      { listening: number },
    ];
    this.address = `${host}:${listening}`;
  }

  /** Asks for its words, and tells it whom to call; resolves too where it has ended, for then it calls nobody. */
  async ask(peers?: Peers): Promise<void> {
    if (this.#ending) return;
    const id = this.#questions++;
    const answered = new Promise<Words>((resolve) => this.#waiting.set(id, resolve));
    const question: Question = peers === undefined ? { id } : { id, peers };
    this.#child.send(question, () => {});
    const words = await Promise.race([answered, this.#exited.then(() => this.words)]);
    this.#waiting.delete(id);
    this.words = words;
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#ending = true;
    this.#child.kill("SIGTERM");
    await this.#exited;
  }

  /** Ends it at once, wherever it is. */
  async kill(): Promise<void> {
    this.#ending = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
