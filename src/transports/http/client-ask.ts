// Puts asks on requests of node:http. It decides at the last moment before the head is sent, by what node itself knows.

import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { context, trace } from "@opentelemetry/api";
import { HEADER_NAME, idOfAsk } from "../../wire/header.ts";
import { type Asks, type Call, HEAD_BYTES } from "../asks.ts";
import { callOf, keepCall } from "../call-slot.ts";
import type { ClientHooks } from "../hooks.ts";
import { idOfTraceparent, isNamelessPeer, isNoSocket } from "../receive.ts";

/** Members of node:http that its types do not have. */
interface Request extends ClientRequest {
  readonly agent?: object;
  readonly socketPath?: unknown;
  /** The whole head as text, from when it is made until it is sent. */
  _header: string | null;
  readonly _headerSent: boolean;
  /** Data that waits for a socket, or in a socket for its connection. */
  readonly outputData?: { data: unknown }[];
  readonly socket: ClientRequest["socket"] & { _pendingData?: unknown };
}

const END = "\r\n\r\n";
const LINE_END_BYTES = 2;

/** The requests of this process, and whether each carries an ask. */
export class HttpAsks {
  readonly #asks: Asks;
  readonly #calls: Pick<ClientHooks, "operationOf">;
  /** The peer of each connection. */
  readonly #addresses = new WeakMap<Socket, string>();

  constructor(asks: Asks, calls: Pick<ClientHooks, "operationOf">) {
    this.#asks = asks;
    this.#calls = calls;
  }

  /** Finds the call of a new request, and prepares its head for the ask. */
  see(request: ClientRequest): void {
    if (request.method === "CONNECT") request.once("socket", (socket) => this.#asks.tunnels.add(socket));
    const field = request.getHeader(HEADER_NAME);
    const id = this.#announcedFor(request) ?? this.#asks.idIn(field);
    if (id === undefined) return;
    keepCall(request, { by: this.#asks, id, authority: "", state: "silent" });
    // A note of ours, or what the program has copied.
    if (field !== undefined && !request.headersSent) request.removeHeader(HEADER_NAME);
  }

  /**
   * The client span of a request that is being made. An agent may make requests of its own for it, in the same context and before
   * node shows it, so the context counts only where no `traceparent` was written.
   */
  #announcedFor(request: ClientRequest): string | undefined {
    const sent = idOfTraceparent(request.getHeader("traceparent"));
    if (this.#asks.takeAnnounced(sent, "bySent")) return sent;
    if (request.method === "CONNECT") return undefined;
    const active = trace.getSpan(context.active())?.spanContext().spanId;
    return this.#asks.takeAnnounced(active, "byContext") ? active : undefined;
  }

  /** The call of a request; `undefined` if we have nothing to do with it. */
  callOf(request: ClientRequest): Call | undefined {
    return callOf(request, this.#asks) ?? this.#unseen(request);
  }

  /** Says whether a request that was answered, or broke, led to the peer that it was meant for. */
  origin(request: ClientRequest, socket: Socket): "meant" | "elsewhere" | "unknown" {
    if (this.#asks.tunnels.has(socket)) return "elsewhere";
    const address = this.addressOf(socket);
    if (address === undefined && isNamelessPeer(socket)) return isNoSocket(socket) ? "elsewhere" : "unknown";
    return this.#asks.hosts.mayLeadTo(request.host, address) ? "meant" : "elsewhere";
  }

  /** Who is at the other end of a connection, or was. */
  addressOf(socket: Socket): string | undefined {
    return socket.remoteAddress ?? this.#addresses.get(socket);
  }

  /** Remembers the peer of a connection: one that is reset after its answer does not know it any more. */
  connecting(socket: Socket): void {
    socket.once("connect", () => {
      if (socket.remoteAddress !== undefined) this.#addresses.set(socket, socket.remoteAddress);
    });
  }

  /**
   * Removes the ask from a request that was answered, because programs print requests together with errors. Node does not need
   * the text any more.
   */
  forget(request: ClientRequest, call: Call): void {
    const { _header } = request as Request;
    (request as Request)._header = call.head ?? withoutAsk(_header, call.id);
    call.head = undefined;
    // On Node 20 the ask is among the fields.
    const field = request.getHeader(HEADER_NAME);
    if (Array.isArray(field)) field.length = 0;
  }

  /** The same for a request that failed, also in data that was never sent. */
  forgetUnsent(request: ClientRequest, call: Call): void {
    const { outputData, socket } = request as Request;
    this.forget(request, call);
    for (const waiting of outputData ?? []) waiting.data = withoutAsk(waiting.data, call.id);
    if (socket?._pendingData !== undefined) {
      socket._pendingData = withoutAsk(socket._pendingData, call.id);
    }
  }

  /**
   * Puts the ask into the text of a new head, if the request may carry one. It is never among the fields, which the program
   * sees. If an agent rewrites a request for a proxy, the head is made again and this runs again.
   */
  headMade(made: ClientRequest): void {
    const call = callOf(made, this.#asks);
    if (call === undefined) return;
    const request = made as Request;
    const { _header: head } = request;
    if (head === null) return;
    call.authority = authorityOf(request);
    call.state = "silent";
    call.head = undefined;
    // With Expect the head was sent already.
    if (request._headerSent || !head.endsWith(END) || !this.#mayAsk(request, call.authority)) return;
    const field = `${HEADER_NAME}: ${this.#asks.askOf(call.id)}${END}`;
    if (head.length + field.length > HEAD_BYTES) return;
    request._header = head.slice(0, -LINE_END_BYTES) + field;
    call.head = head;
    call.state = "asked";
  }

  #mayAsk(request: Request, authority: string): boolean {
    const { path, method, host, socketPath } = request;
    // A whole URL in the first line is for a forward proxy, and an upgraded connection is not HTTP.
    if (!this.#asks.isOpen || typeof path !== "string" || !path.startsWith("/")) return false;
    if (method === "CONNECT" || request.hasHeader("upgrade") || isProxied(request)) return false;
    const { hosts } = this.#asks;
    const isThere = socketPath === undefined ? hosts.has(host) : isOfThisHost(socketPath);
    return isThere && hosts.hasAuthority(authority);
  }

  /** A request whose ask was written before we saw it: Node 20. */
  #unseen(request: ClientRequest): Call | undefined {
    const value = request.getHeader(HEADER_NAME);
    const id = idOfAsk(Array.isArray(value) ? value[0] : value);
    if (id === undefined || this.#calls.operationOf(id) === undefined) return undefined;
    const authority = authorityOf(request);
    const state = this.#mayAsk(request as Request, authority) ? "asked" : "silent";
    const call: Call = { by: this.#asks, id, authority, state };
    keepCall(request, call);
    return call;
  }
}

/** The `Host` field, by which the peer decides; without one, the host that node connects to. */
function authorityOf(request: ClientRequest): string {
  const field = request.getHeader("host");
  if (field !== undefined) return String(field);
  const { host } = request;
  return host.includes(":") ? `[${host}]` : host;
}

/** A path, or a pipe of Windows; pipes of other hosts begin with `\\name`. */
function isOfThisHost(socketPath: unknown): boolean {
  return typeof socketPath === "string" && !/^\\\\(?![.?]\\)/.test(socketPath);
}

/** Agents that tunnel through a proxy name it. A request over TLS ends at the host that it names. */
function isProxied({ agent, protocol }: Request): boolean {
  if (agent === undefined || protocol === "https:") return false;
  return "proxy" in agent || "proxyOptions" in agent || "getProxyForUrl" in agent;
}

/** A head without the line of the ask. */
function withoutAsk<T>(head: T, id: string): T | string {
  if (typeof head !== "string") return head;
  const start = head.indexOf(`${HEADER_NAME}: v=1, id="${id}"`);
  return start < 0 ? head : head.slice(0, start) + head.slice(head.indexOf("\r\n", start) + LINE_END_BYTES);
}
