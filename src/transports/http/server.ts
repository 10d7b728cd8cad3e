// Reads the ask of a request, and writes the answer when the head is written: the server side of node:http.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange, ResponseEnd, SpanIds } from "../../exchange.ts";
import type { Health } from "../../health/health.ts";
import { registry } from "../../registry.ts";
import type { Trust } from "../../trust/trust.ts";
import { HEADER_NAME, parseAsk } from "../../wire/header.ts";
import type { Answer, AnswerCodec, Ask } from "../../wire/messages.ts";
import { countWritten } from "../answer-counts.ts";
import { isFresh } from "../freshness.ts";
import type { ServerHooks } from "../hooks.ts";
import { addVary, cacheKeyBytes, type HeadArguments, ResponseHead } from "./response-head.ts";
import { guardServers, type ServerExchange, type ServerSide } from "./server-guard.ts";
import { addTrace, type ServerTiming, TRACE_BYTES } from "./server-timing.ts";
import { addTrailerAtEnd, canHaveTrailer } from "./trailer.ts";

/** Bytes of `x-error-tree: ` and the line's end. */
const FIELD_BYTES = HEADER_NAME.length + 4;
const VARY_BYTES = HEADER_NAME.length + 8;

/** What the server side needs of the others. */
export interface HttpServerParts {
  readonly hooks: ServerHooks;
  readonly codec: AnswerCodec;
  readonly trust: Trust;
  readonly health: Health;
  /** Exchanges by the headers object that the propagator's `extract` will be given. */
  readonly exchanges: WeakMap<object, Exchange>;
  /** False after the shutdown: later requests are not recorded, earlier ones are answered. @default always true */
  isOpen?(): boolean;
  /** Largest value with a tree, in bytes. */
  readonly headerBytes: number;
  /** Largest header block that a tree may lead to, in bytes. */
  readonly blockBytes: number;
  /** Who gets the trace id of a response. */
  readonly serverTiming: ServerTiming;
  /** Largest header block that the minimal answer may lead to, in bytes. */
  readonly minimalBlockBytes: number;
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

/**
 * Called by `server-guard.ts`, in this order: `begin` makes it; in `writeHead` come `headComes`, `answer` (if it is the first
 * set-up that knows the request), and then `headWritten`, or `headRefused` if node threw.
 */
class HttpExchange implements Exchange, ServerExchange {
  fragment: unknown;
  first: SpanIds | undefined;
  readonly #parts: HttpServerParts;
  #request: IncomingMessage | undefined;
  #response: ServerResponse | undefined;
  /** The raw x-error-tree field, until it is parsed. */
  #field: unknown;
  #ask: Ask | undefined;
  /** Decided just before the head is written. */
  #answer: Answer | undefined;
  /** The head with our fields, until node has written it. */
  #head: ResponseHead | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, field: unknown, parts: HttpServerParts) {
    this.#request = request;
    this.#response = response;
    this.#field = field;
    this.#ask = undefined;
    this.#answer = undefined;
    this.#head = undefined;
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

  headComes(status: number): boolean {
    try {
      this.#answer = this.#parts.hooks.answerAtHead(this, status);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
    }
    return this.#answer !== undefined;
  }

  answer(args: HeadArguments): HeadArguments {
    const response = this.#response;
    const answer = this.#answer;
    // It holds a tree, and the response may stay open for hours.
    this.#answer = undefined;
    if (response === undefined || answer === undefined) return args;
    if (this.ask === undefined && this.#parts.serverTiming !== "everyone") return args;
    const fields = new ResponseHead(response, args);
    if (!fields.isSound) return fields.args;
    this.#head = fields;
    try {
      addAnswer({ response, exchange: this, answer, fields }, this.#parts);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
      fields.withdraw();
    }
    return fields.args;
  }

  headWritten(args: HeadArguments): void {
    const response = this.#response;
    this.#head = undefined;
    if (response === undefined || this.ask === undefined || !canHaveTrailer(response)) return;
    addTrailerAtEnd(response, this, args, this.#parts);
  }

  headRefused(): HeadArguments | undefined {
    const head = this.#head;
    this.#head = undefined;
    head?.withdraw();
    return head?.args;
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
    return readAsk(field, request, parts);
  } catch (error) {
    parts.health.failed("an ask", error);
    return undefined;
  }
}

/** The ask that a field holds; `undefined` if it is malformed, or the peer is not trusted. */
function readAsk(
  field: unknown,
  request: IncomingMessage,
  { trust, health }: HttpServerParts,
): Ask | undefined {
  const text = typeof field === "string" ? withoutEmptyFields(field) : undefined;
  if (text === "") return undefined;
  const ask = text === undefined ? undefined : parseAsk(text);
  if (ask === undefined) {
    health.count("asks_malformed");
    health.once(
      "malformed ask",
      "a request carried an x-error-tree field that is no ask; such fields are ignored",
    );
    return undefined;
  }
  const refusal = trust.refusal(request, ask);
  if (refusal === undefined) return ask;
  health.count("asks_refused");
  const remedy = trust.remedy(refusal, request, ask);
  if (remedy !== undefined) health.once(`refused ask, ${refusal}`, remedy);
  return undefined;
}

/** Without empty fields that node joined with the ask: a gateway that copies raw headers sends them. No regex: up to 16 KB. */
function withoutEmptyFields(value: string): string {
  let start = 0;
  while (value[start] === "," || value[start] === " ") start++;
  let end = value.length;
  while (end > start && (value[end - 1] === "," || value[end - 1] === " ")) end--;
  return value.slice(start, end);
}

/** A head that is about to be written, and the answer that goes with it. */
interface Head {
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  readonly answer: Answer;
  readonly fields: ResponseHead;
}

/** Adds our answer, and the trace of the response. */
function addAnswer({ response, exchange, answer, fields }: Head, parts: HttpServerParts): void {
  const { hooks, serverTiming } = parts;
  const { ask } = exchange;
  let block = fields.bytes() + cacheKeyBytes(response);
  const encoded = ask && encode(answer, ask, { fields, block }, parts);
  if (encoded !== undefined) {
    fields.add(HEADER_NAME, encoded.value);
    block += FIELD_BYTES + encoded.value.length;
    if (!encoded.minimal) {
      addVary(fields);
      block += VARY_BYTES;
    }
    countWritten(parts.health.activity, encoded);
  }
  // A minimal answer has no Vary, so a cache may give this head to anybody: no trace id in it.
  const addsTrace = serverTiming === "everyone" || (serverTiming === "trusted" && encoded?.minimal === false);
  if (!addsTrace || block + TRACE_BYTES > parts.blockBytes) return;
  const traceparent = hooks.traceparentOf(exchange);
  if (traceparent !== undefined) addTrace(fields, traceparent);
}

/** Encodes the answer within the room that the head leaves. */
function encode(
  answer: Answer,
  ask: Ask,
  { fields, block }: { fields: ResponseHead; block: number },
  { codec, health, headerBytes, blockBytes, minimalBlockBytes }: HttpServerParts,
): ReturnType<AnswerCodec["encode"]> {
  const mayShow = answer.tree !== undefined || ask.json;
  const encoded = codec.encode(answer, ask, {
    treeBytes:
      mayShow && isFresh(fields.all(), Date.now())
        ? 0
        : Math.min(headerBytes, blockBytes - block - FIELD_BYTES - VARY_BYTES),
    minimalBytes: minimalBlockBytes - block - FIELD_BYTES,
  });
  if (encoded === undefined) health.count("answers_unwritten");
  return encoded;
}
