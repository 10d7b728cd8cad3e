// The server side of node:http: takes the ask off the request, and writes the answer when the head is written.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { HEADER_NAME, parseAsk } from "../codec/header.ts";
import type { AnswerCodec, AnswerDesk, Ask, Closure, Exchange, Health, Outcome } from "../model/ports.ts";
import { countWritten } from "./answer-counts.ts";
import { withoutCopied } from "./copied-fields.ts";
import { isFresh } from "./freshness.ts";
import {
  blockBytes,
  cacheKeyBytes,
  fieldsOf,
  type HeadArguments,
  withField,
  withVary,
} from "./response-head.ts";
import { type ServerTiming, TRACE_BYTES, withTrace } from "./server-timing.ts";
import { addTrailersWithoutOurs, canHaveTrailer, tellAtEnd } from "./trailer.ts";
import { isCut } from "./trust/doubt.ts";
import type { Trust } from "./trust.ts";

const REQUEST_START = "http.server.request.start";
/** Bytes of `x-error-tree: ` and the line's end. */
const FIELD_BYTES = HEADER_NAME.length + 4;
const VARY_BYTES = HEADER_NAME.length + 8;

/** What the server side needs of the others. */
export interface HttpServerParts {
  readonly desk: AnswerDesk;
  readonly codec: AnswerCodec;
  readonly trust: Trust;
  readonly health: Health;
  /** Exchanges by the headers object that the propagator's `extract` will be given. */
  readonly exchanges: WeakMap<object, Exchange>;
  /** Largest value written, in bytes. */
  readonly headerBytes: number;
  /** Largest header block that a tree may lead to, in bytes. */
  readonly blockBytes: number;
  /** Who is told the trace of a response. */
  readonly serverTiming: ServerTiming;
  /** Largest header block that the minimal answer may lead to, in bytes. */
  readonly minimalBlockBytes: number;
}

/** Listens to every server of the process until the returned function is called. */
export function observeHttpServers(parts: HttpServerParts): () => void {
  const addTrailers = addTrailersWithoutOurs(parts.health);
  const onRequest = (message: unknown): void => {
    try {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      const exchange = new HttpExchange(request, response, guardedAsk(request, parts));
      parts.exchanges.set(request.headers, exchange);
      wrapHead(response, exchange, parts);
      response.addTrailers = addTrailers;
    } catch (error) {
      parts.health.failed(REQUEST_START, error);
    }
  };
  subscribe(REQUEST_START, onRequest);
  return () => {
    unsubscribe(REQUEST_START, onRequest);
  };
}

class HttpExchange implements Exchange {
  readonly ask: Ask | undefined;
  fragment: unknown;
  #request: IncomingMessage | undefined;
  #response: ServerResponse | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, ask: Ask | undefined) {
    this.#request = request;
    this.#response = response;
    this.ask = ask;
    this.fragment = undefined;
  }

  closure(): Closure {
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

/** The ask, none where reading it failed: the head is guarded all the same. */
function guardedAsk(request: IncomingMessage, parts: HttpServerParts): Ask | undefined {
  try {
    return readAsk(request, parts);
  } catch (error) {
    parts.health.failed(REQUEST_START, error);
    return undefined;
  }
}

/** Takes the ask and hides it from the program: a gateway that copies headers must not forward it. */
function readAsk(request: IncomingMessage, { trust, health }: HttpServerParts): Ask | undefined {
  const value = request.headers[HEADER_NAME];
  // Beyond the fields that node counts, rawHeaders may have some that headers has not.
  if (value === undefined && !isCut(request)) return undefined;
  delete request.headers[HEADER_NAME];
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    // Blanked in place: removing entries before the lazy getters have run kills the process.
    if (rawHeaders[i]?.toLowerCase() === HEADER_NAME) rawHeaders[i + 1] = "";
  }
  if (value === undefined) return undefined;
  const text = typeof value === "string" ? withoutEmptyFields(value) : undefined;
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

function wrapHead(response: ServerResponse, exchange: Exchange, parts: HttpServerParts): void {
  const { writeHead } = response;
  response.writeHead = function (this: ServerResponse, status: number, ...rest: unknown[]) {
    let args: HeadArguments = rest;
    const final = !response.headersSent && status >= 200;
    if (final) {
      try {
        args = withoutCopied(response, rest, exchange, parts.desk);
        args = answer(response, exchange, status, args, parts);
      } catch (error) {
        parts.health.failed("writeHead", error);
      }
    }
    const written = (writeHead as (...args: unknown[]) => ServerResponse).call(this, status, ...args);
    if (final && exchange.ask !== undefined && canHaveTrailer(response)) {
      try {
        tellAtEnd(response, exchange, args, parts);
      } catch (error) {
        parts.health.failed("writeHead", error);
      }
    }
    return written;
  };
}

/** The arguments of `writeHead` with our answer, and the trace of the response, in place of whatever stood under our name. */
function answer(
  response: ServerResponse,
  exchange: Exchange,
  status: number,
  args: HeadArguments,
  parts: HttpServerParts,
): HeadArguments {
  const { desk, serverTiming } = parts;
  const outcome = desk.outcomeAtHead(exchange, status);
  const { ask } = exchange;
  if (outcome === undefined || (ask === undefined && serverTiming !== "everyone")) return args;
  let head = args;
  let block = blockBytes(response, args) + cacheKeyBytes(response);
  const encoded = ask && encode(outcome, ask, { response, args, block }, parts);
  if (encoded !== undefined) {
    head = withField(response, args, HEADER_NAME, encoded.value);
    block += FIELD_BYTES + encoded.value.length;
    if (!encoded.minimal) {
      head = withVary(response, head);
      block += VARY_BYTES;
    }
    countWritten(parts.health.activity, encoded);
  }
  // A minimal answer comes without Vary: a cache may hand the head that it stands in to anybody.
  const tellsTrace =
    serverTiming === "everyone" || (serverTiming === "trusted" && encoded?.minimal === false);
  if (!tellsTrace || block + TRACE_BYTES > parts.blockBytes) return head;
  return withTrace(response, head, desk.traceparentOf(exchange));
}

/** The answer that the head as it is has room for. */
function encode(
  outcome: Outcome,
  ask: Ask,
  { response, args, block }: { response: ServerResponse; args: HeadArguments; block: number },
  { codec, health, headerBytes, blockBytes, minimalBlockBytes }: HttpServerParts,
): ReturnType<AnswerCodec["encode"]> {
  const mayShow = outcome.tree !== undefined || ask.json;
  const encoded = codec.encode(outcome, ask, {
    treeBytes:
      mayShow && isFresh(fieldsOf(response, args), Date.now())
        ? 0
        : Math.min(headerBytes, blockBytes - block - FIELD_BYTES - VARY_BYTES),
    minimalBytes: minimalBlockBytes - block - FIELD_BYTES,
  });
  if (encoded === undefined) health.count("answers_unwritten");
  return encoded;
}
