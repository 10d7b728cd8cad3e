// Stands before every server of node:http for the life of the process: hides asks, and removes what a program copied.
import { subscribe } from "node:diagnostics_channel";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "../../registry.ts";
import { takeFromRequest } from "../taken.ts";
import { joinGuard, replace, report } from "./guard.ts";
import { withoutCopies } from "./head-text.ts";
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
  /** The head is made, and is not sent: decides about the request; false when the set-up knows nothing of it. */
  headMade(status: number): boolean;
  /** The head with an answer, if one is due. Called for the first set-up that knows the request. */
  answer(head: string): string;
  /** The body is about to end: the trailers with an answer, if one is due that was not in the head. */
  answerAtEnd(head: string, trailers: string): string;
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
  const guard = new ResponseGuard(sides, failed);
  const { writeHead } = prototype;
  const guarded: Partial<Guarded> = {
    writeHead: guard.ofWriteHead(writeHead),
    _send: guard.ofSend(prototype._send),
    addTrailers: guard.ofAddTrailers(prototype.addTrailers),
    end: guard.ofEnd(prototype.end),
  };
  // An older name of the same function.
  if (prototype.writeHeader === writeHead) guarded.writeHeader = guarded.writeHead as Guarded["writeHead"];
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

/** A response of node:http, with members that its types do not have. */
interface Response extends ServerResponse {
  /** The whole head as text, from when it is made. */
  _header: string | null;
  readonly _headerSent: boolean;
  /** The lines of the trailers. */
  _trailer: string;
}

type Method = (this: Response, ...args: unknown[]) => unknown;

/** The functions of a response that are guarded. */
interface Guarded {
  writeHead: Method;
  writeHeader?: Method;
  addTrailers: Method;
  end: Method;
  /** Node's own, by which all of it is sent. */
  _send: Method;
}

/** What is done with heads and trailers that node has made, and not sent yet. */
class ResponseGuard {
  readonly #sides: ReadonlySet<ServerSide>;
  readonly #failed: ServerSide["failed"];
  /** The response whose head is being made. */
  readonly #making: { response: Response | undefined } = { response: undefined };

  constructor(sides: ReadonlySet<ServerSide>, failed: ServerSide["failed"]) {
    this.#sides = sides;
    this.#failed = failed;
  }

  ofWriteHead(original: Method): Method {
    const headMade = this.#guarded("writeHead", (response: Response) => this.#headMade(response));
    const making = this.#making;
    return function writeHead(this: Response, ...args) {
      if (this.headersSent) return original.apply(this, args);
      const { response: before } = making;
      making.response = this;
      try {
        const result = original.apply(this, args);
        headMade(this);
        return result;
      } finally {
        making.response = before;
      }
    };
  }

  /** If the program gives an Expect field, node sends the head before `writeHead` returns. */
  ofSend(original: Method): Method {
    const headMade = this.#guarded("writeHead", (response: Response) => this.#headMade(response));
    const making = this.#making;
    return function _send(this: Response, data, encoding, callback, byteLength) {
      if (making.response === this) headMade(this);
      return original.call(this, data, encoding, callback, byteLength);
    };
  }

  ofEnd(original: Method): Method {
    const ends = this.#guarded("end", (response: Response) => this.#ends(response));
    return function end(this: Response, ...args) {
      ends(this);
      return original.apply(this, args);
    };
  }

  ofAddTrailers(original: Method): Method {
    const added = this.#guarded("addTrailers", (response: Response) => {
      const { _trailer } = response;
      if (typeof _trailer === "string") response._trailer = withoutCopies(_trailer, []);
    });
    return function addTrailers(this: Response, ...args) {
      const result = original.apply(this, args);
      added(this);
      return result;
    };
  }

  #headMade(response: Response): void {
    const made = response._header;
    if (typeof made !== "string" || response._headerSent) return;
    const exchanges = this.#exchangesOf(response);
    let head = withoutCopies(made, exchanges);
    let isAnswered = false;
    for (let i = 0; response.statusCode >= 200 && i < exchanges.length; i++) {
      try {
        const exchange = exchanges[i] as ServerExchange;
        if (exchange.headMade(response.statusCode) !== true || isAnswered) continue;
        isAnswered = true;
        head = exchange.answer(head);
      } catch (error) {
        this.#failed("writeHead", error);
      }
    }
    if (head !== made) response._header = head;
  }

  #ends(response: Response): void {
    if (!canHaveTrailer(response)) return;
    const { _header, _trailer } = response;
    if (typeof _header !== "string" || typeof _trailer !== "string") return;
    let trailers = _trailer;
    for (const exchange of this.#exchangesOf(response)) trailers = exchange.answerAtEnd(_header, trailers);
    if (trailers !== _trailer) response._trailer = trailers;
  }

  /** What the set-ups know of a response: none but one does, as a rule. */
  #exchangesOf(response: Response): ServerExchange[] {
    const exchanges: ServerExchange[] = [];
    for (const side of this.#sides) {
      try {
        const exchange = side.exchangeOf(response);
        if (exchange !== undefined) exchanges.push(exchange);
      } catch (error) {
        this.#failed("writeHead", error);
      }
    }
    return exchanges;
  }

  #guarded(place: string, step: (response: Response) => void): (response: Response) => void {
    return (response) => {
      try {
        step(response);
      } catch (error) {
        this.#failed(place, error);
      }
    };
  }
}

/** True if the head of a response is written, its body is not, and a trailer can follow that. */
function canHaveTrailer(response: Response): boolean {
  return (
    response.chunkedEncoding &&
    !response.writableEnded &&
    !response.destroyed &&
    response.req?.method !== "HEAD"
  );
}
