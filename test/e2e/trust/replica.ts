// The parent's side of one process of a service: started with a secret, told whom to call, asked what it saw, ended.
import type { ErrorTreeParts } from "otel-error-tree";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import type { SeenAsks } from "./ask-counter.ts";
import type { Peers } from "./peer-agent.ts";

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

const SERVICE = new URL("../../../examples/lab/service.ts", import.meta.url);
const PRELOADS = ["./clock.ts", "./preload.ts"].map((file) => new URL(file, import.meta.url));

/** Starts a replica on a free port of its address; resolves when it listens. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const { name, service, host, env, undo } = options;
  const running = await NodeProcess.listening(
    SERVICE,
    { name, imports: PRELOADS, undo, env: { SERVICE_NAME: service, HOST: host, PORT: "0", ...env } },
    "listening",
  );
  return new Replica(running, service, host);
}

export class Replica {
  readonly service: string;
  /** `address:port` */
  readonly address: string;
  /** What it last said. */
  words: Words | undefined;
  readonly #process: NodeProcess;
  #isEnding = false;

  constructor(running: NodeProcess, service: string, host: string) {
    this.service = service;
    this.address = `${host}:${running.port}`;
    this.#process = running;
  }

  get name(): string {
    return this.#process.name;
  }

  /** All that it wrote to its output: nothing, if all is well. */
  get printed(): string {
    return this.#process.printed;
  }

  /** Rejects when it ends without having been told to, or ends otherwise than in order. */
  died(): Promise<never> {
    return this.#process.died();
  }

  /**
   * Asks for its words, and tells it whom to call: then it answers when it has nothing in flight to anybody else. Resolves
   * also if it has ended, for then it calls nobody.
   */
  async ask(peers?: Peers): Promise<void> {
    if (this.#isEnding) return;
    const asked = this.#process.ask<Words>("words", { peers });
    this.words = await asked.catch((error) => {
      if (this.#isEnding) return this.words;
      throw error;
    });
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#process.end();
  }
}
