// Reads the ask of a request, and writes the answer when the head is written: the server side of node:http.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ResponseEnd } from "../../exchange.ts";
import { registry } from "../../registry.ts";
import { AnswerableExchange, type HttpServerParts } from "./exchange.ts";
import { guardServers, type ServerSide } from "./server-guard.ts";

/** Adds answers to the responses of all servers until the returned function is called; afterwards asks are still hidden. */
export function observeHttpServers(parts: HttpServerParts): () => void {
  const { exchanges, health } = parts;
  const side: ServerSide = {
    begin(request, response, field) {
      if (parts.isOpen?.() === false) return;
      const exchange = new HttpExchange(request, response, field, parts);
      exchanges.set(request.headers, exchange);
      exchanges.set(response, exchange);
    },
    exchangeOf(response) {
      const exchange = exchanges.get(response);
      if (exchange instanceof HttpExchange) return exchange;
      // A proxy of the response is another object, with the same request.
      const found = exchanges.get(response.req?.headers ?? response);
      return found instanceof HttpExchange && found.isOf(response.req) ? found : undefined;
    },
    failed: (place, error) => health.failed(place, error),
  };
  return guardServers(side, registry());
}

/** One request with its response. */
class HttpExchange extends AnswerableExchange {
  /** Kept, because web frameworks shorten the URL for what is mounted beneath a path. */
  readonly #urlLength: number;
  #request: IncomingMessage | undefined;
  #response: ServerResponse | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, field: unknown, parts: HttpServerParts) {
    super(field, parts);
    this.#urlLength = request.url?.length ?? 0;
    this.#request = request;
    this.#response = response;
  }

  isOf(request: object): boolean {
    return this.#request === request;
  }

  responseEnd(): ResponseEnd {
    const response = this.#response;
    if (this.#request === undefined || response === undefined || response.writableFinished) return "finished";
    const { socket } = this.#request;
    if (!socket.destroyed && !response.destroyed) return "open";
    // If the peer leaves, the socket's readable side ends or the socket is reset. If the program gives up, neither happens,
    // except in a gateway that passes on another connection's error.
    if (socket.readableEnded && !isHalfOpen(socket)) return "caller-left";
    return response.errored === null && isOfSystem(socket.errored) ? "caller-left" : "broken";
  }

  override release(): void {
    super.release();
    this.#request = undefined;
    this.#response = undefined;
  }

  protected override request(): IncomingMessage | undefined {
    return this.#request;
  }

  protected override urlLength(): number {
    return this.#urlLength;
  }
}

/** True if the server keeps answering a peer that has finished sending. */
function isHalfOpen(socket: Socket): boolean {
  const { server } = socket as { server?: { httpAllowHalfOpen?: boolean } };
  return server?.httpAllowHalfOpen === true;
}

function isOfSystem(error: (Error & { code?: string; syscall?: string }) | null): boolean {
  return error?.syscall !== undefined || error?.code === "ECONNRESET" || error?.code === "EPIPE";
}
