// The clients of one service: connections that are kept alive and pipelined, and clients that leave in the middle.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { END, type Kind, Mix } from "./mix.ts";

const CONNECTIONS = 24;
/** Requests in a row on one connection, before any response has come. */
const PIPELINED = 8;
const END_BYTE = END.charCodeAt(0);
const HOST = "127.0.0.1";
/** Whoever leaves in the middle stays so long. */
const STAYS_MS = 4;
/** A response that takes longer never comes. */
const PATIENCE_MS = 30_000;

/** Sends requests to one service, by raw sockets that nothing instruments. */
export class Clients {
  readonly #port: number;
  readonly #mix: Mix;
  readonly #workers: readonly Worker[];
  #left = 0;

  constructor(port: number, seed: number) {
    this.#port = port;
    this.#mix = new Mix(seed);
    this.#workers = Array.from({ length: CONNECTIONS }, () => new Worker(port));
  }

  /** Sends so many requests; resolves when every client has its responses, or has left. */
  async send(requests: number): Promise<void> {
    this.#left = requests;
    await Promise.all(this.#workers.map((worker) => this.#work(worker)));
  }

  close(): void {
    for (const worker of this.#workers) worker.close();
  }

  async #work(worker: Worker): Promise<void> {
    while (this.#left > 0) {
      let texts = "";
      let count = 0;
      let special: Kind | undefined;
      while (count < PIPELINED && this.#left > 0 && special === undefined) {
        this.#left--;
        const kind = this.#mix.next();
        if (kind.manner === "waits") {
          texts += this.#mix.textOf(kind);
          count++;
        } else special = kind;
      }
      if (count > 0) await worker.exchange(texts, count);
      if (special !== undefined) await this.#leave(special);
    }
  }

  /** A client with a connection of its own, which does not live to see the whole response. */
  async #leave(kind: Kind): Promise<void> {
    const socket = connect(this.#port, HOST);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // A peer that leaves is what this is about.
    socket.on("error", () => {});
    // Ends a connection as its peer does, unless it has gone already.
    const leave = (): unknown => (this.#mix.coin() ? socket.destroy() : socket.resetAndDestroy());
    const text = this.#mix.textOf(kind);
    socket.write(text, "latin1");
    switch (kind.manner) {
      case "leaves in the body":
        await Promise.race([once(socket, "data"), closed]);
        leave();
        break;
      case "leaves others waiting":
        socket.write(text + text, "latin1");
        await Promise.race([once(socket, "data"), closed]);
        leave();
        break;
      case "leaves before the head":
      case "leaves in its request":
        await sleep(STAYS_MS);
        leave();
        break;
      case "is left":
        socket.resume();
        break;
      case "waits":
        throw new Error("who waits shares a connection");
      default:
        throw new Error(`a client that ${kind.manner satisfies never}`);
    }
    await closed;
  }
}

/** A connection for those who wait; opened when it is needed, and kept. */
class Worker {
  readonly #port: number;
  #socket: Socket | undefined;
  #awaited = 0;
  #settle: ((error?: Error) => void) | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends requests in one go and waits for as many ends of bodies. */
  async exchange(texts: string, count: number): Promise<void> {
    const socket = this.#socket ?? this.#open();
    const late = setTimeout(() => {
      this.#settle?.(new Error(`no response in ${PATIENCE_MS} ms to some of:\n${texts}`));
    }, PATIENCE_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#awaited = count;
        this.#settle = (error) => (error === undefined ? resolve() : reject(error));
        socket.write(texts, "latin1");
      });
    } finally {
      clearTimeout(late);
      this.#settle = undefined;
    }
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect(this.#port, HOST);
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      for (let at = bytes.indexOf(END_BYTE); at >= 0; at = bytes.indexOf(END_BYTE, at + 1)) this.#awaited--;
      if (this.#awaited === 0) this.#settle?.();
    });
    socket.on("error", (error) => this.#settle?.(error));
    socket.on("close", () => {
      this.#socket = undefined;
      this.#settle?.(new Error("the service closed a connection that was kept alive"));
    });
    this.#socket = socket;
    return socket;
  }
}
