// A TCP proxy between services and their Collector, which counts what goes to the Collector: head and body, every byte.
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

const HOST = "127.0.0.1";

/** Starts one in front of a base URL. */
export async function startWireCounter(target: string): Promise<WireCounter> {
  const counter = new WireCounter(Number(new URL(target).port));
  await counter.listen();
  return counter;
}

/** Listens on a free port. */
export class WireCounter {
  /** Bytes so far. */
  bytes = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  constructor(port: number) {
    this.#server = net.createServer({ noDelay: true }, (service) => {
      const collector = net.connect({ port, host: HOST, noDelay: true });
      service.on("data", (chunk) => {
        this.bytes += chunk.length;
      });
      this.#join(service, collector);
      this.#join(collector, service);
    });
  }

  /** Base URL for the services. */
  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, HOST), "listening");
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  #join(from: net.Socket, to: net.Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    from.once("error", () => to.destroy());
    from.once("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
