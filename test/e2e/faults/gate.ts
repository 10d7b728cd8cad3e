// The OTLP receiver of a row, and the trouble that stands in its way for a while.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { Arrivals } from "../storm/arrivals.ts";

/** `garbage`: bytes that are no HTTP, and nothing is taken; `garbled`: all is taken, and the 200 has a body without sense. */
export type Trouble = "closed" | 503 | 429 | "garbage" | "garbled";

const HOST = "127.0.0.1";
const GARBAGE = "\u0000\u0001 this is not HTTP\r\n\r\n";

/** Opens a gate on a free port; closed, it only knows its port. */
export async function openGate(trouble: Trouble | undefined, undo: Undo): Promise<Gate> {
  const gate = new Gate(trouble);
  await undo.add(() => gate.close());
  await gate.listen(0);
  return gate;
}

export class Gate {
  readonly arrivals: Arrivals = new Arrivals();
  /** Requests, or connections, that it turned away; those that found the port closed it cannot count. */
  turnedAway = 0;
  #trouble: Trouble | undefined;
  #port = 0;
  readonly #http = http.createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new Set<Socket>();
  #server: net.Server | undefined;

  constructor(trouble: Trouble | undefined) {
    this.#trouble = trouble;
  }

  /** As `OTEL_EXPORTER_OTLP_ENDPOINT` wants it. */
  get url(): string {
    return `http://${HOST}:${this.#port}`;
  }

  async listen(port: number): Promise<void> {
    const server = net.createServer((socket) => this.#connected(socket));
    this.#server = server;
    await once(server.listen(port, HOST), "listening");
    this.#port = (server.address() as AddressInfo).port;
    if (this.#trouble === "closed") await this.close();
  }

  /** The trouble is over. */
  async clear(): Promise<void> {
    const wasClosed = this.#trouble === "closed";
    this.#trouble = undefined;
    if (wasClosed) await this.listen(this.#port);
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket)).on("error", () => {});
    if (this.#trouble !== "garbage") {
      this.#http.emit("connection", socket);
      return;
    }
    this.turnedAway++;
    // Not before the request has come: an answer to nobody would say something else.
    socket.once("data", () => socket.end(GARBAGE));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = await text(request);
    const trouble = this.#trouble;
    if (trouble === 503 || trouble === 429) {
      this.turnedAway++;
      response.writeHead(trouble, trouble === 503 ? { "retry-after": "1" } : {}).end("not now");
      return;
    }
    this.arrivals.add(json);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(trouble === "garbled" ? GARBAGE : "{}");
  }
}
