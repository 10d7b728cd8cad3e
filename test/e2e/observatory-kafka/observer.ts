// Runs `otel-error-tree observatory --kafka` in a process of its own, and asks it for its picture.
import { fileURLToPath } from "node:url";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { NodeProcess } from "../../support/process/node-process.ts";

const COMMAND = fileURLToPath(new URL("../../../dist/cli/bin.js", import.meta.url));

/** How observers are started. */
export interface ObserverOptions {
  readonly broker: string;
  readonly topics: readonly string[];
  readonly group: string;
  readonly undo: Undo;
}

/** One observer. */
export class Observer {
  readonly name: string;
  readonly #options: ObserverOptions;
  #process: NodeProcess;
  #url = "";

  private constructor(name: string, options: ObserverOptions) {
    this.name = name;
    this.#options = options;
    this.#process = this.#spawn();
  }

  /** Resolves when it has joined its group. */
  static async start(name: string, options: ObserverOptions): Promise<Observer> {
    const observer = new Observer(name, options);
    await observer.#ready();
    return observer;
  }

  get printed(): string {
    return this.#process.printed;
  }

  /** What it shows of that time, without what depends on who is asked. */
  async picture(from: number, to: number): Promise<Picture> {
    return (await (await fetch(`${this.#url}/api/picture?from=${from}&to=${to}`)).json()) as Picture;
  }

  async kill(): Promise<void> {
    this.#process.signal("SIGKILL");
    await this.#process.exited;
  }

  async again(): Promise<void> {
    this.#process = this.#spawn();
    await this.#ready();
  }

  /** Ends as by Ctrl-C; returns its exit code. */
  async end(): Promise<number | null> {
    this.#process.signal("SIGINT");
    return (await this.#process.exited).exitCode;
  }

  #spawn(): NodeProcess {
    const { broker, topics, group, undo } = this.#options;
    const named = topics.flatMap((topic) => ["--topic", topic]);
    return new NodeProcess(COMMAND, {
      name: this.name,
      args: ["observatory", "--port", "0", "--kafka", broker, ...named, "--group", group],
      channel: false,
      undo,
    });
  }

  async #ready(): Promise<void> {
    const [, url] = await this.#process.prints(/observatory is at (http:\/\/127\.0\.0\.1:\d+)/);
    this.#url = url as string;
  }
}
