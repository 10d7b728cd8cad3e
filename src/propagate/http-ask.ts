// Asks on requests of node:http: decided at the last moment before the head is written, by what node itself knows.
import type { ClientRequest, IncomingMessage } from "node:http";
import { HEADER_NAME, idOfAsk } from "../codec/header.ts";
import type { CallDesk, Health } from "../model/ports.ts";
import { type Asks, type Call, HEAD_BYTES } from "./asks.ts";

/** What node:http has, and its types do not tell. */
interface Request extends ClientRequest {
  readonly agent?: object;
  readonly socketPath?: unknown;
  /** The whole head as text, once it is made; nobody has sent it yet. */
  _header: string | null;
  /** What waits for a socket. */
  readonly outputData?: { data: unknown }[];
  /** Makes the head of what was set; called when the program writes or ends. */
  _implicitHeader(): void;
}

/** The requests that were seen, and whether an ask went along. */
export class HttpAsks {
  readonly #asks: Asks;
  readonly #desk: Pick<CallDesk, "operationOf">;
  readonly #calls = new WeakMap<object, Call>();
  /** Sockets of proxies that hand on what is written there, in clear. */
  readonly #tunnels = new WeakSet<object>();
  /** Stands before node's own on every request with a note. One function for all: it costs a request no closure. */
  readonly #makeHead: (this: ClientRequest) => void;

  constructor(asks: Asks, desk: Pick<CallDesk, "operationOf">, health: Health) {
    this.#asks = asks;
    this.#desk = desk;
    const put = this.#put.bind(this);
    const settle = this.#settle.bind(this);
    this.#makeHead = function (this: ClientRequest): void {
      const request = this as Request;
      let field: string[] | undefined;
      try {
        field = put(request);
      } catch (error) {
        health.failed("a request's head", error);
      }
      try {
        (Object.getPrototypeOf(request) as Request)._implicitHeader.call(request);
      } finally {
        if (field !== undefined) settle(request, field);
      }
    };
  }

  /** Takes the note off a request that was just made, and sees to its head. */
  see(request: ClientRequest): void {
    if (request.method === "CONNECT") request.once("socket", (socket) => this.#tunnels.add(socket));
    const id = this.#asks.idIn(request.getHeader(HEADER_NAME));
    if (id === undefined) return;
    this.#calls.set(request, { id, authority: "", state: "silent" });
    if (request.headersSent) return;
    request.removeHeader(HEADER_NAME);
    (request as Request)._implicitHeader = this.#makeHead;
  }

  /** The call that a request is; `undefined` for one that is none of our business. */
  callOf(request: ClientRequest): Call | undefined {
    return this.#calls.get(request) ?? this.#unseen(request);
  }

  /** True when a response came from whom the request was meant for; if not, nobody is asked there any more. */
  isFromThere(request: ClientRequest, { socket }: IncomingMessage): boolean {
    const { host, socketPath } = request as Request;
    const isThere = socketPath !== undefined || this.#asks.hosts.mayLeadTo(host, socket.remoteAddress);
    return isThere && !this.#tunnels.has(socket);
  }

  /**
   * Takes the ask out of what is left of a request that was answered, or broke: programs print it with their errors. Node
   * needs none of these texts any more.
   */
  forget(request: ClientRequest, { id }: Call): void {
    const { _header, outputData, socket } = request as Request;
    const field = request.getHeader(HEADER_NAME);
    // As it is written when nobody sees the request: Node 20.
    if (Array.isArray(field)) field.length = 0;
    if (typeof _header === "string") (request as Request)._header = withoutAsk(_header, id);
    for (const waiting of outputData ?? []) {
      if (typeof waiting.data === "string") waiting.data = withoutAsk(waiting.data, id);
    }
    const pending = socket as { _pendingData?: unknown } | null;
    if (typeof pending?._pendingData === "string")
      pending._pendingData = withoutAsk(pending._pendingData, id);
  }

  /** Sets the ask where one may go along. An array, as its text can be taken out again once the head is made. */
  #put(request: Request): string[] | undefined {
    const call = this.#calls.get(request);
    if (call === undefined) return undefined;
    call.authority = authorityOf(request);
    const mayAsk = this.#mayAsk(request, call.authority);
    call.state = mayAsk ? "asked" : "silent";
    if (!mayAsk) {
      // An agent that rewrites a request has its head made again.
      if (request.hasHeader(HEADER_NAME)) request.removeHeader(HEADER_NAME);
      return undefined;
    }
    const field = [this.#asks.askOf(call.id)];
    request.setHeader(HEADER_NAME, field);
    return field;
  }

  #settle(request: Request, field: string[]): void {
    const line = `${HEADER_NAME}: ${field[0]}\r\n`;
    field.length = 0;
    const { _header } = request;
    if (_header === null || _header.length <= HEAD_BYTES) return;
    request._header = _header.replace(line, "");
    const call = this.#calls.get(request);
    if (call !== undefined) call.state = "silent";
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
    if (id === undefined || this.#desk.operationOf(id) === undefined) return undefined;
    const authority = authorityOf(request);
    const state = this.#mayAsk(request as Request, authority) ? "asked" : "silent";
    const call: Call = { id, authority, state };
    this.#calls.set(request, call);
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
function withoutAsk(head: string, id: string): string {
  const start = head.indexOf(`${HEADER_NAME}: v=1, id="${id}"`);
  return start < 0 ? head : head.slice(0, start) + head.slice(head.indexOf("\r\n", start) + 2);
}
