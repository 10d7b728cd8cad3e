// Finds the edge of each request that one service answers or makes, to be counted there, as long as somebody reads the counts.
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";
import { type EdgeCounts, USER } from "../graph/edge.ts";
import { type Edge, Edges, MOST_EDGES, type NamedBy } from "./edges.ts";
import { nameOf, SERVICE_CHARS } from "./names.ts";
import { type Attributes, isOfMessage, MOST_PEERS, Peer, Peers } from "./peers.ts";

/** Bounds, for tests. */
interface FlowBounds {
  readonly edges?: Readonly<Record<NamedBy, number>>;
  /** Addresses that are remembered. @default 1000 */
  readonly peers?: number;
}

/** The edges of one service. Whoever is counted once is found again without making anything. */
export class FlowCounts {
  readonly #edges: Edges;
  /** Callers that are remembered. */
  readonly #most: number;
  readonly #mostPeers: number;
  /** As the resource has it. */
  #service: string | undefined;
  #own = "";
  #peers: Peers;
  /** Stands for the peers of all spans that name none. */
  #nowhere = new Peer("queue", "messaging_system");
  #callers = new Map<string, EdgeCounts>();
  #senders = new Map<string, EdgeCounts>();
  #user: EdgeCounts | undefined;
  #since: number | undefined;
  readonly #scrapePaths = new Set<unknown>();

  constructor({ edges = MOST_EDGES, peers = MOST_PEERS }: FlowBounds = {}) {
    this.#edges = new Edges(edges);
    this.#most = edges.caller;
    this.#mostPeers = peers;
    this.#peers = new Peers(peers);
  }

  /** True from the moment on at which somebody reads the counts; until then nothing is counted. */
  get isOn(): boolean {
    return this.#since !== undefined;
  }

  /** When counting began, in milliseconds since the epoch. */
  get since(): number {
    return this.#since ?? 0;
  }

  /** Begins to count. */
  start(now: number): void {
    this.#since ??= now;
  }

  /** Who asks there reads the counts, and is no traffic. */
  isScrapedAt(path: string): void {
    this.#scrapePaths.add(path);
  }

  /** True for a request by which Prometheus reads the counts. */
  isScrape(attributes: Attributes): boolean {
    if (this.#scrapePaths.size === 0) return false;
    return this.#scrapePaths.has(attributes["url.path"] ?? attributes["http.target"]);
  }

  /** Whom it counts for. The name may become known only when detectors of the resource are done. */
  isFor(service: string): void {
    if (service === this.#service) return;
    this.#service = service;
    this.#own = nameOf(service, SERVICE_CHARS);
    this.#peers = new Peers(this.#mostPeers);
    this.#callers = new Map();
    this.#senders = new Map();
    this.#user = undefined;
    this.#nowhere = new Peer("queue", "messaging_system");
  }

  /** The edges so far. */
  edges(): Iterable<Edge> {
    return this.#edges.all();
  }

  /** The edge of requests from a service that says who it is. */
  fromService(client: string, isMessage: boolean): EdgeCounts {
    const known = isMessage ? this.#senders : this.#callers;
    const found = known.get(client);
    if (found !== undefined) return found;
    const name = nameOf(client, SERVICE_CHARS);
    const counts = this.#edges.from(name, this.#own, isMessage ? "messaging_system" : "", "caller");
    if (known.size < this.#most) known.set(client, counts);
    return counts;
  }

  /** The edge of requests of which it is not known who sent them: from a queue, or from a user. */
  fromUnknown(attributes: Attributes, isMessage: boolean): EdgeCounts {
    if (!isMessage) {
      this.#user ??= this.#edges.from(USER, this.#own, "virtual_node", "program");
      return this.#user;
    }
    const peer = this.#peers.of(attributes) ?? this.#nowhere;
    peer.from ??= this.#edges.from(peer.name, this.#own, "messaging_system", "program");
    return peer.from;
  }

  /** Whom a call reaches; `undefined` if its span does not say. */
  peerOf(attributes: Attributes): Peer | undefined {
    return this.#peers.of(attributes);
  }

  /** The edge of calls that only this side counts. It leads to the service that answered before at the same address, if one did. */
  toPeer(peer: Peer): EdgeCounts {
    const { service, name, connectionType } = peer;
    const isKnown = service !== undefined && connectionType === "virtual_node";
    peer.to ??= isKnown
      ? this.#edges.to(nameOf(service, SERVICE_CHARS), this.#own, connectionType, "callee")
      : this.#edges.to(name, this.#own, connectionType, "program");
    return peer.to;
  }

  /** The edge of calls to a service that has answered, and so counts them itself. An answer of a failure may have the name cut. */
  toService(service: string, attributes: Attributes, hasFailed: boolean): EdgeCounts {
    const peer = this.#peers.of(attributes);
    const { service: before, toService } = peer ?? this.#nowhere;
    if (before !== undefined && toService !== undefined) {
      const isCut = hasFailed && before.startsWith(service);
      if (before === service || (peer !== undefined && (isCut || service === UNKNOWN_SERVICE)))
        return toService;
    }
    return this.#learn(peer ?? this.#nowhere, service, isOfMessage(attributes));
  }

  #learn(peer: Peer, service: string, isMessage: boolean): EdgeCounts {
    const type = isMessage ? "messaging_system" : "";
    const counts = this.#edges.to(nameOf(service, SERVICE_CHARS), this.#own, type, "callee");
    peer.service = service;
    peer.toService = counts;
    peer.to = undefined;
    return counts;
  }
}
