// Peers that nothing instruments and that answer badly, each in its own way, to a caller in another process.
import { once } from "node:events";
import net, { type AddressInfo, type Server, type Socket } from "node:net";
import tls from "node:tls";
import { CERTIFICATE, KEY } from "./certificate.ts";

const PART = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe first bytes";
const WHOLE = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

type Way = (socket: Socket, requests: number) => unknown;

/** What each of them does when a request has arrived. */
const WAYS: Readonly<Record<string, Way>> = {
  "never answers": () => undefined,
  resets: (socket) => socket.resetAndDestroy(),
  "hangs up": (socket) => socket.end(),
  "sends part of an answer": (socket) => socket.write(PART),
  "speaks something else": (socket) => socket.end("220 mail.example ESMTP\r\n"),
  "closes a kept connection": (socket, requests) => {
    if (requests === 1) socket.write(WHOLE);
    else socket.end();
  },
};

/** All of them, until they are closed. */
export class Peers {
  readonly #servers: Server[] = [];
  readonly #urls = new Map<string, string>();
  readonly #sockets = new Map<string, Socket>();
  readonly #arrivals: (() => void)[] = [];

  async open(): Promise<void> {
    for (const [name, way] of Object.entries(WAYS)) {
      await this.#listen(
        name,
        net.createServer((socket) => {
          let requests = 0;
          this.#keep(name, socket);
          socket.on("data", () => {
            requests++;
            way(socket, requests);
            for (const arrived of this.#arrivals.splice(0)) arrived();
          });
        }),
      );
    }
    const secure = tls.createServer({ key: KEY, cert: CERTIFICATE });
    secure.on("tlsClientError", () => undefined);
    secure.on("connection", (socket: Socket) => this.#keep("has a certificate of its own", socket));
    await this.#listen("has a certificate of its own", secure);
    const gone = net.createServer();
    await this.#listen("nobody", gone);
    this.#servers.pop();
    await once(gone.close(), "close");
  }

  url(name: string, scheme: "http" | "https" = "http"): string {
    return (this.#urls.get(name) ?? "").replace("http", scheme);
  }

  /** Resolves when the next request has arrived at any of them, and was dealt with. */
  arrived(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  /** The latest connection that one of them has got. */
  socket(name: string): Socket {
    return this.#sockets.get(name) as Socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) socket.destroy();
    for (const server of this.#servers) server.close();
    await Promise.all(
      this.#servers.filter(({ listening }) => listening).map((server) => once(server, "close")),
    );
  }

  #keep(name: string, socket: Socket): void {
    this.#sockets.set(name, socket);
    socket.on("error", () => undefined);
  }

  async #listen(name: string, server: Server): Promise<void> {
    await once(server.listen(0, "127.0.0.1"), "listening");
    this.#servers.push(server);
    this.#urls.set(name, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }
}
