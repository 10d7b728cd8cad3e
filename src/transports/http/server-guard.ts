// Stands before every server of node:http for the life of the process: hides asks, and removes what a program copied.
import { subscribe } from "node:diagnostics_channel";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "../../registry.ts";
import { takeFromRequest } from "../taken.ts";
import { joinGuard, replace, report } from "./guard.ts";
import type { HeadArguments } from "./response-head.ts";
import { stripCopied } from "./strip-copied-headers.ts";
import { addTrailersWithoutOurs } from "./trailer.ts";
import { hideUnanswered } from "./unanswered-requests.ts";

const REQUEST_START = "http.server.request.start";

/** The server side of one set-up. */
export interface ServerSide {
  /** A request has come. `field` is what stood under our name, which the program does not see any more. */
  begin(request: IncomingMessage, response: ServerResponse, field: unknown): void;
  /** What {@link begin} has begun for this response; `undefined` when that is nothing, or over. */
  exchangeOf(response: ServerResponse): ServerExchange | undefined;
  /** Something of ours failed: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
}

/** One request as one set-up sees it. */
export interface ServerExchange {
  /** The head is about to be written: decides about the request; false when the set-up knows nothing of it. */
  headComes(status: number): boolean;
  /** The arguments of `writeHead` with an answer, if one is due. Called for the first set-up that knows the request. */
  answer(args: HeadArguments): HeadArguments;
  /** The head has been written with these arguments, after {@link answer} returned them. */
  headWritten(args: HeadArguments): void;
  /** Node has refused them: takes back what is ours. The arguments without it; `undefined` when nothing was added. */
  headRefused(): HeadArguments | undefined;
  /** True for the `traceparent` of a service that answered us beneath this request. */
  isOfCallee(traceparent: string): boolean;
}

/**
 * Has the set-up answer requests until the returned function is called. The guard itself stays: a program that goes on
 * after a shutdown would hand asks and answers to strangers. There is one for all set-ups, for an ask can be taken off a
 * request only once, and the set-up that is asked for first may be one that nobody uses.
 */
export function guardServers(side: ServerSide, shared: Registry): () => void {
  return joinGuard(shared, "servers", side, stand);
}

/**
 * Stands on the prototype of node's responses, once. A property of our own on each of them would change its shape, which
 * makes node's code slower than all that we do: 0.05 of the CPU of a small service. Whoever replaces `writeHead` on a
 * response, or in a class of its own, still comes by here.
 */
function stand(sides: ReadonlySet<ServerSide>): void {
  const failed = (place: string, error: unknown): void => {
    for (const side of sides) report(side, place, error);
  };
  hideUnanswered(takeFromRequest, failed);
  const { prototype } = ServerResponse as unknown as { prototype: Guarded };
  const original = prototype.writeHead;
  const guarded: Partial<Guarded> = {
    writeHead: guardedWriteHead(original, sides, failed),
    addTrailers: addTrailersWithoutOurs(prototype.addTrailers, { failed }) as Guarded["addTrailers"],
  };
  // An older name of the same function.
  if (prototype.writeHeader === original) guarded.writeHeader = guarded.writeHead as WriteHead;
  // A program may have locked the prototype: then each response gets them.
  const isShared = replace(prototype, guarded);
  subscribe(REQUEST_START, (message) => {
    try {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (!isShared) replace(response, guarded);
      const field = takeFromRequest(request);
      for (const side of sides) {
        try {
          side.begin(request, response, field);
        } catch (error) {
          failed(REQUEST_START, error);
        }
      }
    } catch (error) {
      failed(REQUEST_START, error);
    }
  });
}

/** The functions of a response that are guarded. */
interface Guarded {
  writeHead: WriteHead;
  writeHeader?: WriteHead;
  addTrailers: ServerResponse["addTrailers"];
}

type WriteHead = (this: ServerResponse, status: number, ...rest: unknown[]) => ServerResponse;

function guardedWriteHead(
  original: WriteHead,
  sides: ReadonlySet<ServerSide>,
  failed: ServerSide["failed"],
): WriteHead {
  return function writeHead(this: ServerResponse, status: number, ...rest: unknown[]): ServerResponse {
    if (this.headersSent) return original.call(this, status, ...rest);
    const exchanges = exchangesOf(this, sides, failed);
    let args: HeadArguments = rest;
    try {
      args = stripCopied(this, rest, exchanges);
    } catch (error) {
      failed("writeHead", error);
    }
    let answering: ServerExchange | undefined;
    const code = codeOf(status);
    for (let i = 0; code >= 200 && i < exchanges.length; i++) {
      try {
        const exchange = exchanges[i] as ServerExchange;
        if (exchange.headComes(code) !== true || answering !== undefined) continue;
        args = exchange.answer(args);
        answering = exchange;
      } catch (error) {
        failed("writeHead", error);
      }
    }
    if (answering === undefined) return original.call(this, status, ...args);
    let written: ServerResponse;
    try {
      written = original.call(this, status, ...args);
    } catch (error) {
      const own = this.headersSent ? undefined : refused(answering, failed);
      if (own === undefined) throw error;
      // Whatever is wrong with the head, the program gets to see the error that it has without us.
      return original.call(this, status, ...own);
    }
    try {
      answering.headWritten(args);
    } catch (error) {
      failed("writeHead", error);
    }
    return written;
  };
}

/** What the set-ups know of a response: none but one does, as a rule. */
function exchangesOf(
  response: ServerResponse,
  sides: ReadonlySet<ServerSide>,
  failed: ServerSide["failed"],
): ServerExchange[] {
  const exchanges: ServerExchange[] = [];
  for (const side of sides) {
    try {
      const exchange = side.exchangeOf(response);
      if (exchange !== undefined) exchanges.push(exchange);
    } catch (error) {
      failed("writeHead", error);
    }
  }
  return exchanges;
}

/** A status as node reads it; 0 for one that is an object, which node asks for its number once. */
function codeOf(status: unknown): number {
  return typeof status === "number" || typeof status === "string" ? (status as number) | 0 : 0;
}

function refused(exchange: ServerExchange, failed: ServerSide["failed"]): HeadArguments | undefined {
  try {
    return exchange.headRefused();
  } catch (error) {
    failed("writeHead", error);
    return undefined;
  }
}
