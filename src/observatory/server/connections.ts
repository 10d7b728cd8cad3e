// Makes room for new connections: those that have been idle for longest are closed first, so that nobody can hold them all.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection: browsers and exporters wait for the answer before they send the next one. */
const MOST_WAITING = 8;

/** What a connection is at. */
interface Connection {
  /** Requests whose answers are not taken yet, and the answer to the first of them. */
  waiting: number;
  first: ServerResponse | undefined;
}

/** The connections of one server. */
export class Connections {
  readonly #most: number;
  /** Whose last request began or was answered longest ago, or who came longest ago and has sent none, stands first. */
  readonly #open = new Map<Socket, Connection>();

  /** @param most - if there are more, one is closed */
  constructor(most: number) {
    this.#most = most;
  }

  /** A connection came. */
  opened(socket: Socket): void {
    this.#open.set(socket, { waiting: 0, first: undefined });
    socket.once("close", () => this.#open.delete(socket));
    if (this.#open.size <= this.#most) return;
    const leaving = this.#leaving() ?? socket;
    this.#open.delete(leaving);
    leaving.destroy();
  }

  /** A request came; false, and the end of the connection, if too many came ahead of their answers: each answer is held in memory. */
  began(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.waiting >= MOST_WAITING) {
      socket.destroy();
      return false;
    }
    if (connection.waiting++ === 0) connection.first = response;
    this.#moved(socket, connection);
    response.on("close", () => {
      connection.waiting--;
      this.#moved(socket, connection);
    });
    return true;
  }

  #moved(socket: Socket, connection: Connection): void {
    if (this.#open.delete(socket)) this.#open.set(socket, connection);
  }

  /** Whoever is idle, does not send its request to the end or does not take its answer, and has done so for longest. */
  #leaving(): Socket | undefined {
    for (const [socket, { waiting, first }] of this.#open) {
      if (waiting === 0 || first?.req.complete === false || first?.writableEnded) return socket;
    }
    return undefined;
  }
}
