// Finds whom a span talks to by its attributes, and remembers which service answered at which address.
import type { ConnectionType, EdgeCounts } from "../graph/edge.ts";
import { nameOf, PEER_CHARS } from "./names.ts";

/** Attributes of a span. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Most addresses that are remembered; one more, and all are forgotten and learned anew. */
export const MOST_PEERS = 1_000;

/** A broker that its spans do not name. */
const QUEUE = "queue";
/** What a peer without a port has in its place. */
const NO_PORT = 0;

/** An address, a database or a queue, with the edges to it once they are needed. */
export class Peer {
  readonly name: string;
  readonly connectionType: Exclude<ConnectionType, "">;
  /** The service that answered last at this address, as it calls itself. */
  service: string | undefined = undefined;
  /** The edge to that service, which counts the requests itself. */
  toService: EdgeCounts | undefined = undefined;
  /** The edge that only this side counts. */
  to: EdgeCounts | undefined = undefined;
  /** The edge from a queue to this service. */
  from: EdgeCounts | undefined = undefined;

  constructor(name: string, connectionType: Exclude<ConnectionType, "">) {
    this.name = nameOf(name, PEER_CHARS);
    this.connectionType = connectionType;
  }
}

/** All peers, by system, place and port. A peer that is known is found without making anything. */
export class Peers {
  readonly #most: number;
  #systems = new Map<string, Map<string, Map<number, Peer>>>();
  #size = 0;

  constructor(most: number = MOST_PEERS) {
    this.#most = most;
  }

  /** Whom the span talks to; `undefined` if it does not say. */
  of(attributes: Attributes): Peer | undefined {
    const service = textOf(attributes["peer.service"]);
    const system = textOf(attributes["db.system.name"]) ?? textOf(attributes["db.system"]);
    if (system !== undefined) return this.#database(system, service, attributes);
    if (isOfMessage(attributes)) return this.#queue(service, attributes);
    const host = service ?? hostOf(attributes);
    if (host === undefined) return undefined;
    return this.#find("", host, service === undefined ? portOf(attributes) : NO_PORT, "virtual_node");
  }

  #database(system: string, service: string | undefined, attributes: Attributes): Peer {
    const place = service ?? namespaceOf(attributes);
    if (place !== undefined) return this.#find(system, place, NO_PORT, "database");
    return this.#find(system, hostOf(attributes) ?? "", portOf(attributes), "database");
  }

  #queue(service: string | undefined, attributes: Attributes): Peer {
    const system = textOf(attributes["messaging.system"]) ?? QUEUE;
    return this.#find(system, service ?? destinationOf(attributes) ?? "", NO_PORT, "messaging_system");
  }

  #find(system: string, place: string, port: number, connectionType: Peer["connectionType"]): Peer {
    return this.#systems.get(system)?.get(place)?.get(port) ?? this.#add(system, place, port, connectionType);
  }

  #add(system: string, place: string, port: number, connectionType: Peer["connectionType"]): Peer {
    if (this.#size >= this.#most) {
      this.#systems = new Map();
      this.#size = 0;
    }
    const places = this.#systems.get(system) ?? new Map<string, Map<number, Peer>>();
    const ports = places.get(place) ?? new Map<number, Peer>();
    const where = port === NO_PORT ? place : `${place.includes(":") ? `[${place}]` : place}:${port}`;
    const peer = new Peer([system, where].filter((part) => part !== "").join("/"), connectionType);
    this.#systems.set(system, places.set(place, ports.set(port, peer)));
    this.#size++;
    return peer;
  }
}

/** True for a span of a message, its sending or its handling. */
export function isOfMessage(attributes: Attributes): boolean {
  return attributes["messaging.system"] !== undefined || attributes["messaging.operation.name"] !== undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function hostOf(attributes: Attributes): string | undefined {
  return textOf(attributes["server.address"]) ?? textOf(attributes["net.peer.name"]);
}

/** Ports of HTTP name nobody. */
function portOf(attributes: Attributes): number {
  const port = attributes["server.port"] ?? attributes["net.peer.port"];
  return typeof port === "number" && port !== 80 && port !== 443 ? port : NO_PORT;
}

/** A namespace that is a number, as Redis has them, says nothing. */
function namespaceOf(attributes: Attributes): string | undefined {
  const namespace = textOf(attributes["db.namespace"]) ?? textOf(attributes["db.name"]);
  return namespace === undefined || isNumber(namespace) ? undefined : namespace;
}

/** The name of a queue or topic; one that exists for a while has a random name. */
function destinationOf(attributes: Attributes): string | undefined {
  if (attributes["messaging.destination.temporary"] === true) return undefined;
  if (attributes["messaging.destination.anonymous"] === true) return undefined;
  return textOf(attributes["messaging.destination.template"]) ?? queueOf(attributes);
}

/** The queue or topic; without one, what RabbitMQ's default exchange delivers by. */
function queueOf(attributes: Attributes): string | undefined {
  return (
    textOf(attributes["messaging.destination.name"]) ??
    textOf(attributes["messaging.destination"]) ??
    textOf(attributes["messaging.rabbitmq.destination.routing_key"]) ??
    textOf(attributes["messaging.rabbitmq.routing_key"])
  );
}

/** How brokers name the queues that clients have for replies: RabbitMQ, NATS. */
const REPLIES = ["amq.gen-", "amq.rabbitmq.reply-to", "_INBOX."];

/** True for a span of a reply to a message, its sending or its handling. */
export function isOfReply(attributes: Attributes): boolean {
  const queue = queueOf(attributes);
  return queue !== undefined && REPLIES.some((start) => queue.startsWith(start));
}

function isNumber(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i);
    if (digit < 0x30 || digit > 0x39) return false;
  }
  return true;
}
