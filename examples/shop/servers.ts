// The real servers of the shop, started by `npm run servers`, a program of its own.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "./program.ts";
import { ShopError, type Undo } from "./undo.ts";

const SERVERS = join(ROOT, "collector-config/servers/main.ts");
const NEEDED = ["rabbitmq", "kafka", "redis", "elasticmq", "postgresql"];

interface Told {
  readonly name?: string;
  readonly address?: string;
  readonly otlp?: string;
  readonly ready?: true;
  readonly password?: string;
  readonly done?: number;
  readonly problem?: string;
}

/** Servers that run. */
export class Servers {
  /** `host:port`, by name. */
  readonly addresses: Map<string, string> = new Map();
  /** Where Jaeger takes OTLP, if there is one. */
  otlp: string | undefined;
  /** Of the account `tester` in PostgreSQL. */
  password = "";
  readonly #child: ChildProcess;
  #orders = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /**
   * Starts them, and a Jaeger if it is there, which hands on to the observatory; resolves when all take connections.
   *
   * @param said - is told each one that is up
   */
  static async start(also: string, undo: Undo, said: (text: string) => void): Promise<Servers> {
    undo.assertNotOver();
    const args = ["--bring", "--only", NEEDED.join(","), "--maybe", "jaeger", "--also", also];
    // A group of its own: on Ctrl-C it has to wait until the services have ended.
    const child = fork(SERVERS, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], detached: true });
    const ended = once(child, "exit");
    undo.add(async () => {
      if (child.connected) child.disconnect();
      await ended;
    });
    child.stderr?.on("data", (text) => said(String(text).trimEnd()));
    const servers = new Servers(child);
    const ready = new Promise<void>((resolve) => {
      child.on("message", (told: Told) => {
        if (told.name !== undefined) servers.addresses.set(told.name, told.address ?? "");
        servers.otlp ??= told.otlp;
        servers.password = told.password ?? servers.password;
        if (told.ready) resolve();
      });
    });
    const failed = ended.then(() => {
      throw new ShopError("not all servers have started: see above");
    });
    failed.catch(() => {});
    await Promise.race([ready, failed]);
    return servers;
  }

  /** As a crash. */
  async kill(name: string): Promise<void> {
    await this.#order({ kill: name });
  }

  /** Starts one that was killed, on its port. */
  async startAgain(name: string): Promise<void> {
    await this.#order({ start: name });
  }

  async #order(order: { readonly kill?: string; readonly start?: string }): Promise<void> {
    const id = ++this.#orders;
    const done = new Promise<Told>((resolve) => {
      const listen = (told: Told): void => {
        if (told.done !== id) return;
        this.#child.off("message", listen);
        resolve(told);
      };
      this.#child.on("message", listen);
    });
    this.#child.send({ id, ...order });
    const { problem } = await done;
    if (problem !== undefined) throw new ShopError(problem);
  }
}
