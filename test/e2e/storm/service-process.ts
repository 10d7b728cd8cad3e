// The parent's side of such a program: started with an environment of its own, asked for its last words, or killed.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { Hello, LastWords } from "./program.ts";

/** How a program is started. */
export interface ServiceOptions {
  readonly name: string;
  /** Base URL of the OTLP receiver. */
  readonly exportTo: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly undo: Undo;
}

/** Starts a program; resolves when it listens. It is killed by `undo`, where it still runs then. */
export async function startServiceProcess(program: URL, options: ServiceOptions): Promise<ServiceProcess> {
  options.undo.assertNotOver();
  const child = fork(program, {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env.PATH,
      SERVICE_NAME: options.name,
      OTEL_EXPORTER_OTLP_ENDPOINT: options.exportTo,
      OTEL_ERROR_TREE_TRUST: "loopback",
      ...options.env,
    },
  });
  const service = new ServiceProcess(options.name, child);
  await options.undo.add(() => service.kill());
  service.port = ((await service.told("port")) as Hello["port"]) ?? 0;
  return service;
}

/** A program that runs. */
export class ServiceProcess {
  readonly name: string;
  port = 0;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #printed = "";
  #ending = false;

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#exited = once(child, "close");
    const keep = (chunk: Buffer): void => {
      this.#printed += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All that it wrote to its output: nothing, where all is well. */
  get printed(): string {
    return this.#printed;
  }

  /** Rejects when the program ends without having been told to. */
  async died(): Promise<never> {
    await this.#exited;
    if (this.#ending) return new Promise<never>(() => {});
    const { exitCode, signalCode } = this.#child;
    const how = signalCode ?? `exit code ${exitCode}`;
    throw new RunError(`${this.name} stopped by itself: ${how} ${this.#printed}`.trim());
  }

  /** What it says next about `topic` that counts; rejects where it ends before. */
  told(topic: string, counts: (told: unknown) => boolean = () => true): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const listen = (message: Record<string, unknown>): void => {
        if (!(topic in message) || !counts(message[topic])) return;
        this.#child.off("message", listen);
        resolve(message[topic]);
      };
      this.#child.on("message", listen);
      void this.#exited.then(() =>
        reject(new RunError(`${this.name} ended before it told its ${topic}: ${this.#printed}`)),
      );
    });
  }

  /** Ends it in order: by now it has exported all that it had. */
  async stop(): Promise<LastWords> {
    this.#ending = true;
    const words = this.told("lastWords") as Promise<LastWords>;
    this.#child.kill("SIGTERM");
    const said = await words;
    await this.#exited;
    return said;
  }

  /** Ends it at once, wherever it is; nothing is exported any more. */
  async kill(): Promise<void> {
    this.#ending = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
