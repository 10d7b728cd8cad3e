// The server side of node:http: reads the ask of a request, and writes the answer when the head is written.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { context } from "@opentelemetry/api";
import { EXCHANGE_KEY, type Exchange, type ResponseEnd, type SpanIds } from "../../exchange.ts";
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
import { canHaveTrailer, tellAtEnd } from "./trailer.ts";

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
  /** Context key under which the exchange of an active request is found. @default EXCHANGE_KEY */
  readonly exchangeKey?: symbol;
  /** False once no request is taken in any more; those that came before are answered. @default always true */
  isOpen?(): boolean;
  /** Largest value written, in bytes. */
  readonly headerBytes: number;
  /** Largest header block that a tree may lead to, in bytes. */
  readonly blockBytes: number;
  /** Who is told the trace of a response. */
  readonly serverTiming: ServerTiming;
  /** Largest header block that the minimal answer may lead to, in bytes. */
  readonly minimalBlockBytes: number;
}

/** Answers the requests of every server of the process until the returned function is called; asks stay hidden after it. */
export function observeHttpServers(parts: HttpServerParts): () => void {
  const { exchanges, health } = parts;
  const side: ServerSide = {
    begin(request, response, field) {
      if (parts.isOpen?.() === false) return;
      exchanges.set(request.headers, new HttpExchange(request, response, field, parts));
    },
    exchangeOf(response) {
      // A program may give a request other headers; the context in which it answers still has the exchange.
      const found = exchanges.get(response.req?.headers ?? response) ?? activeExchange(parts);
      return found instanceof HttpExchange && found.isOf(response) ? found : undefined;
    },
    failed: (place, error) => health.failed(place, error),
  };
  return guardServers(side, registry());
}

function activeExchange({ exchangeKey = EXCHANGE_KEY }: HttpServerParts): unknown {
  return context.active().getValue(exchangeKey);
}

class HttpExchange implements Exchange, ServerExchange {
  fragment: unknown;
  first: SpanIds | undefined;
  readonly #parts: HttpServerParts;
  #request: IncomingMessage | undefined;
  #response: ServerResponse | undefined;
  /** What came under our name, until it is read. */
  #field: unknown;
  #ask: Ask | undefined;
  /** As decided when the head was written. */
  #outcome: Answer | undefined;
  /** As it was answered, until it is written. */
  #head: ResponseHead | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, field: unknown, parts: HttpServerParts) {
    this.#request = request;
    this.#response = response;
    this.#field = field;
    this.#ask = undefined;
    this.#outcome = undefined;
    this.#head = undefined;
    this.#parts = parts;
    this.fragment = undefined;
    this.first = undefined;
  }

  /** Read when it is first wanted: who does not work on the request has nothing to refuse. */
  get ask(): Ask | undefined {
    const field = this.#field;
    const request = this.#request;
    if (field !== undefined && request !== undefined) {
      this.#field = undefined;
      this.#ask = guardedAsk(field, request, this.#parts);
    }
    return this.#ask;
  }

  /** True as long as it is that of the response. */
  isOf(response: ServerResponse): boolean {
    return this.#response === response;
  }

  headComes(status: number): boolean {
    try {
      this.#outcome = this.#parts.hooks.answerAtHead(this, status);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
    }
    return this.#outcome !== undefined;
  }

  answer(args: HeadArguments): HeadArguments {
    const response = this.#response;
    const outcome = this.#outcome;
    // It holds a tree, and the response may live for hours.
    this.#outcome = undefined;
    if (response === undefined || outcome === undefined) return args;
    if (this.ask === undefined && this.#parts.serverTiming !== "everyone") return args;
    const fields = new ResponseHead(response, args);
    if (!fields.isSound) return fields.args;
    this.#head = fields;
    try {
      addAnswer({ response, exchange: this, outcome, fields }, this.#parts);
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
    tellAtEnd(response, this, args, this.#parts);
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
    // A peer that leaves ends the socket's reading side, or resets it; a program that gives up does neither, but for a
    // gateway that hands on the error of another connection.
    if (socket.readableEnded && !isHalfOpen(socket)) return "caller-left";
    return response.errored === null && isOfSystem(socket.errored) ? "caller-left" : "broken";
  }

  release(): void {
    this.#request = undefined;
    this.#response = undefined;
    this.#outcome = undefined;
  }
}

/** True where the server goes on answering a peer that has only said all that it had to say. */
function isHalfOpen(socket: Socket): boolean {
  const { server } = socket as { server?: { httpAllowHalfOpen?: boolean } };
  return server?.httpAllowHalfOpen === true;
}

function isOfSystem(error: (Error & { code?: string; syscall?: string }) | null): boolean {
  return error?.syscall !== undefined || error?.code === "ECONNRESET" || error?.code === "EPIPE";
}

/** The ask, none where reading it failed. */
function guardedAsk(field: unknown, request: IncomingMessage, parts: HttpServerParts): Ask | undefined {
  try {
    return readAsk(field, request, parts);
  } catch (error) {
    parts.health.failed("an ask", error);
    return undefined;
  }
}

/** The ask that a field holds, if it is one, and comes from somebody who is trusted. */
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

/** Empty fields that node has joined with the ask: a gateway that copies raw headers sends them. No regex: 16 KB may come. */
function withoutEmptyFields(value: string): string {
  let start = 0;
  while (value[start] === "," || value[start] === " ") start++;
  let end = value.length;
  while (end > start && (value[end - 1] === "," || value[end - 1] === " ")) end--;
  return value.slice(start, end);
}

/** A head about to be written, and what is to be told with it. */
interface Head {
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  readonly outcome: Answer;
  readonly fields: ResponseHead;
}

/** Adds our answer, and the trace of the response. */
function addAnswer({ response, exchange, outcome, fields }: Head, parts: HttpServerParts): void {
  const { hooks, serverTiming } = parts;
  const { ask } = exchange;
  let block = fields.bytes() + cacheKeyBytes(response);
  const encoded = ask && encode(outcome, ask, { fields, block }, parts);
  if (encoded !== undefined) {
    fields.add(HEADER_NAME, encoded.value);
    block += FIELD_BYTES + encoded.value.length;
    if (!encoded.minimal) {
      addVary(fields);
      block += VARY_BYTES;
    }
    countWritten(parts.health.activity, encoded);
  }
  // A minimal answer comes without Vary: a cache may hand the head that it stands in to anybody.
  const tellsTrace =
    serverTiming === "everyone" || (serverTiming === "trusted" && encoded?.minimal === false);
  if (!tellsTrace || block + TRACE_BYTES > parts.blockBytes) return;
  const traceparent = hooks.traceparentOf(exchange);
  if (traceparent !== undefined) addTrace(fields, traceparent);
}

/** The answer that the head as it is has room for. */
function encode(
  outcome: Answer,
  ask: Ask,
  { fields, block }: { fields: ResponseHead; block: number },
  { codec, health, headerBytes, blockBytes, minimalBlockBytes }: HttpServerParts,
): ReturnType<AnswerCodec["encode"]> {
  const mayShow = outcome.tree !== undefined || ask.json;
  const encoded = codec.encode(outcome, ask, {
    treeBytes:
      mayShow && isFresh(fields.all(), Date.now())
        ? 0
        : Math.min(headerBytes, blockBytes - block - FIELD_BYTES - VARY_BYTES),
    minimalBytes: minimalBlockBytes - block - FIELD_BYTES,
  });
  if (encoded === undefined) health.count("answers_unwritten");
  return encoded;
}
