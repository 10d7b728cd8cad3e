// Asks on requests of node:http: decided at the last moment before the head is written, by what node itself knows.

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { HEADER_NAME, idOfAsk } from "../../wire/header.ts";
import { type Asks, type Call, HEAD_BYTES } from "../asks.ts";
import { callOf, keepCall } from "../call-slot.ts";
import type { ClientHooks } from "../hooks.ts";
import { isNamelessPeer } from "../receive.ts";

/** What node:http has, and its types do not tell. */
interface Request extends ClientRequest {
  readonly agent?: object;
  readonly socketPath?: unknown;
  /** The whole head as text, once it is made; nobody has sent it yet. */
  _header: string | null;
  readonly _headerSent: boolean;
  /** What waits for a socket, and in a socket for its connection. */
  readonly outputData?: { data: unknown }[];
  readonly socket: ClientRequest["socket"] & { _pendingData?: unknown };
}

const END = "\r\n\r\n";
const LINE_END_BYTES = 2;

/** The requests that were seen, and whether an ask went along. */
export class HttpAsks {
  readonly #asks: Asks;
  readonly #calls: Pick<ClientHooks, "operationOf">;
  /** Sockets of proxies that hand on what is written there, in clear. */
  readonly #tunnels = new WeakSet<object>();
  /** Whom connections lead to. */
  readonly #addresses = new WeakMap<Socket, string>();

  constructor(asks: Asks, calls: Pick<ClientHooks, "operationOf">) {
    this.#asks = asks;
    this.#calls = calls;
  }

  /** Takes the note off a request that was just made, and sees to its head. */
  see(request: ClientRequest): void {
    if (request.method === "CONNECT") request.once("socket", (socket) => this.#tunnels.add(socket));
    const id = this.#asks.idIn(request.getHeader(HEADER_NAME));
    if (id === undefined) return;
    keepCall(request, { by: this.#asks, id, authority: "", state: "silent" });
    if (request.headersSent) return;
    request.removeHeader(HEADER_NAME);
  }

  /** The call that a request is; `undefined` for one that is none of our business. */
  callOf(request: ClientRequest): Call | undefined {
    return callOf(request, this.#asks) ?? this.#unseen(request);
  }

  /** Whether a response came from whom the request was meant for. */
  origin(request: ClientRequest, { socket }: IncomingMessage): "meant" | "elsewhere" | "unknown" {
    const { host, socketPath } = request as Request;
    if (this.#tunnels.has(socket)) return "elsewhere";
    if (socketPath !== undefined) return "meant";
    const address = socket.remoteAddress ?? this.#addresses.get(socket);
    if (address === undefined && isNamelessPeer(socket)) return "unknown";
    return this.#asks.hosts.mayLeadTo(host, address) ? "meant" : "elsewhere";
  }

  /** Remembers whom a connection leads to: one that is reset behind an answer does not tell it any more. */
  connecting(socket: Socket): void {
    socket.once("connect", () => {
      if (socket.remoteAddress !== undefined) this.#addresses.set(socket, socket.remoteAddress);
    });
  }

  /**
   * Takes the ask out of what is left of a request that was answered: programs print it with their errors. Node needs the
   * text no more.
   */
  forget(request: ClientRequest, call: Call): void {
    const { _header } = request as Request;
    (request as Request)._header = call.head ?? withoutAsk(_header, call.id);
    call.head = undefined;
    // As it is written when nobody sees the request: Node 20.
    const field = request.getHeader(HEADER_NAME);
    if (Array.isArray(field)) field.length = 0;
  }

  /** The same for a request that broke, also out of what was never sent. */
  forgetUnsent(request: ClientRequest, call: Call): void {
    const { outputData, socket } = request as Request;
    this.forget(request, call);
    for (const waiting of outputData ?? []) waiting.data = withoutAsk(waiting.data, call.id);
    if (socket?._pendingData !== undefined) {
      socket._pendingData = withoutAsk(socket._pendingData, call.id);
    }
  }

  /**
   * Puts the ask into the text of a head that was just made, if one may go along. It never stands among the fields, which
   * the program sees. An agent that rewrites a request for a proxy has its head made again.
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
    // With Expect it is gone already.
    if (request._headerSent || !head.endsWith(END) || !this.#mayAsk(request, call.authority)) return;
    const field = `${HEADER_NAME}: ${this.#asks.askOf(call.id)}${END}`;
    if (head.length + field.length > HEAD_BYTES) return;
    request._header = head.slice(0, -LINE_END_BYTES) + field;
    call.head = head;
    call.state = "asked";
  }

  #mayAsk(request: Request, authority: string): boolean {
    const { path, method, host, socketPath } = request;
    // A forward proxy hands on what has a whole URL in its first line, and an upgraded connection is no HTTP.
    if (!this.#asks.isOpen || typeof path !== "string" || !path.startsWith("/")) return false;
    if (method === "CONNECT" || request.hasHeader("upgrade") || isProxied(request)) return false;
    const { hosts } = this.#asks;
    const isThere = socketPath === undefined ? hosts.has(host) : isOfThisHost(socketPath);
    return isThere && hosts.hasAuthority(authority);
  }

  /** A request whose ask was written without anybody seeing it: Node 20. */
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

/** The `Host` field, which is what a peer goes by; without one, whom node connects to. */
function authorityOf(request: ClientRequest): string {
  const field = request.getHeader("host");
  if (field !== undefined) return String(field);
  const { host } = request;
  return host.includes(":") ? `[${host}]` : host;
}

/** A path, or a pipe of Windows; those of other hosts begin with `\\name`. */
function isOfThisHost(socketPath: unknown): boolean {
  return typeof socketPath === "string" && !/^\\\\(?![.?]\\)/.test(socketPath);
}

/** Agents that tunnel through a proxy have it on them; what goes over TLS ends at whom the request names. */
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
