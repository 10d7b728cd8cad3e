// Calls by the name of a service, each to another one of its replicas in turn, and from an address of the caller's own.
import http, { type ClientRequestArgs } from "node:http";
import net, { type Socket } from "node:net";

/** The replicas that may be called, each `address:port`, by service. */
export type Peers = Readonly<Record<string, readonly string[]>>;

/** An agent that keeps no connection: a replica to which none is open has nothing in flight. */
export class PeerAgent extends http.Agent {
  readonly #localAddress: string;
  readonly #turns = new Map<string, number>();
  readonly #open = new Map<Socket, string>();
  #peers: Peers = {};

  constructor(localAddress: string) {
    super({ keepAlive: false });
    this.#localAddress = localAddress;
  }

  /** Calls no other replicas from now on; resolves when nothing is in flight to any other. */
  async use(peers: Peers): Promise<void> {
    this.#peers = peers;
    const inUse = Object.values(peers).flat();
    const leaving = [...this.#open].filter(([, replica]) => !inUse.includes(replica));
    await Promise.all(leaving.map(([socket]) => new Promise((resolve) => socket.once("close", resolve))));
  }

  override createConnection({ host }: ClientRequestArgs): Socket {
    const service = host ?? "";
    const replicas = this.#peers[service] ?? [];
    const turn = this.#turns.get(service) ?? 0;
    this.#turns.set(service, turn + 1);
    const replica = replicas[turn % replicas.length] ?? "";
    const socket = connect(replica, this.#localAddress);
    this.#open.set(socket, replica);
    return socket.once("close", () => this.#open.delete(socket));
  }
}

/** A connection to `address:port` from an address. */
export function connect(to: string, localAddress: string): Socket {
  const [host = "", port] = to.split(":");
  return net.connect({ host, port: Number(port), localAddress });
}
