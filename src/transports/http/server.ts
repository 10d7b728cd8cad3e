// Reads the ask of a request, and writes the answer when the head is written: the server side of node:http.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange, ResponseEnd, SpanIds } from "../../exchange.ts";
import { registry } from "../../registry.ts";
import type { Trust } from "../../trust/trust.ts";
import { LONGEST_CACHE_KEY } from "../../wire/limits.ts";
import type { Answer, Ask } from "../../wire/messages.ts";
import { readAsk } from "../asking.ts";
import { type WritingParts, withAnswer, withTrailer } from "./answer-text.ts";
import { guardServers, type ServerExchange, type ServerSide } from "./server-guard.ts";

/** What the server side needs of the others. */
export interface HttpServerParts extends WritingParts {
  readonly trust: Trust;
  /** Exchanges by the headers object that the propagator's `extract` will be given. */
  readonly exchanges: WeakMap<object, Exchange>;
  /** False after the shutdown: later requests are not recorded, earlier ones are answered. @default always true */
  isOpen?(): boolean;
}

/** Adds answers to the responses of all servers until the returned function is called; afterwards asks are still hidden. */
export function observeHttpServers(parts: HttpServerParts): () => void {
  const { exchanges, health } = parts;
  const byResponse = new WeakMap<ServerResponse, HttpExchange>();
  const side: ServerSide = {
    begin(request, response, field) {
      if (parts.isOpen?.() === false) return;
      const exchange = new HttpExchange(request, response, field, parts);
      exchanges.set(request.headers, exchange);
      byResponse.set(response, exchange);
    },
    exchangeOf(response) {
      const exchange = byResponse.get(response);
      if (exchange !== undefined) return exchange;
      // A proxy of the response is another object, with the same request.
      const found = exchanges.get(response.req?.headers ?? response);
      return found instanceof HttpExchange && found.isOf(response.req) ? found : undefined;
    },
    failed: (place, error) => health.failed(place, error),
  };
  return guardServers(side, registry());
}

/** One request. `server-guard.ts` calls it: at the head `headMade`, then `answer` if it is the first set-up that knows it. */
class HttpExchange implements Exchange, ServerExchange {
  fragment: unknown;
  first: SpanIds | undefined;
  readonly #parts: HttpServerParts;
  #request: IncomingMessage | undefined;
  #response: ServerResponse | undefined;
  /** The raw x-error-tree field, until it is parsed. */
  #field: unknown;
  #ask: Ask | undefined;
  /** Decided when the head is made, until it is in there. */
  #answer: Answer | undefined;
  /** It is this set-up that answers, and more may be said in a trailer. */
  #mayAmend: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, field: unknown, parts: HttpServerParts) {
    this.#request = request;
    this.#response = response;
    this.#field = field;
    this.#ask = undefined;
    this.#answer = undefined;
    this.#mayAmend = false;
    this.#parts = parts;
    this.fragment = undefined;
    this.first = undefined;
  }

  /** Parsed at first use: a request that nobody records is not counted as refused. */
  get ask(): Ask | undefined {
    const field = this.#field;
    const request = this.#request;
    if (field !== undefined && request !== undefined) {
      this.#field = undefined;
      this.#ask = guardedAsk(field, request, this.#parts);
    }
    return this.#ask;
  }

  /** True if this exchange belongs to the request. */
  isOf(request: IncomingMessage): boolean {
    return this.#request === request;
  }

  headMade(status: number): boolean {
    try {
      this.#answer = this.#parts.hooks.answerAtHead(this, status);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
    }
    return this.#answer !== undefined;
  }

  answer(head: string): string {
    const response = this.#response;
    const answer = this.#answer;
    // It holds a tree, and the response may stay open for hours.
    this.#answer = undefined;
    if (response === undefined || answer === undefined) return head;
    const { ask } = this;
    this.#mayAmend = ask !== undefined;
    if (ask === undefined && this.#parts.serverTiming !== "everyone") return head;
    try {
      const block = head.length + cacheKeyBytes(response);
      return withAnswer({ exchange: this, answer, head, block }, this.#parts);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
      return head;
    }
  }

  answerAtEnd(head: string, trailers: string): string {
    if (!this.#mayAmend) return trailers;
    this.#mayAmend = false;
    try {
      return withTrailer({ exchange: this, head, trailers }, this.#parts);
    } catch (error) {
      this.#parts.health.failed("end", error);
      return trailers;
    }
  }

  isOfCallee(traceparent: string): boolean {
    try {
      return this.#parts.hooks.isOfCallee(this, traceparent);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
      return true;
    }
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

  release(): void {
    this.#request = undefined;
    this.#response = undefined;
    this.#answer = undefined;
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

/** The ask; `undefined` if reading it failed. */
function guardedAsk(field: unknown, request: IncomingMessage, parts: HttpServerParts): Ask | undefined {
  try {
    return readAsk(typeof field === "string" ? field : undefined, request, parts);
  } catch (error) {
    parts.health.failed("an ask", error);
    return undefined;
  }
}

/**
 * Bytes that a cache in front of us may need besides the head: nginx with proxy_cache puts its key, the URL, into the buffer that
 * the head must fit into.
 */
function cacheKeyBytes(response: ServerResponse): number {
  const length = response.req?.url?.length ?? 0;
  return length <= LONGEST_CACHE_KEY ? length : 0;
}
