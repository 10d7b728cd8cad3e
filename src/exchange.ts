// Declares what transports and fragments share: a request with its response, and what is known of a call.
import type { Ask } from "./wire/messages.ts";

/** Context key under which a propagator puts the exchange for the span processor, unless its set-up has a key of its own. */
export const EXCHANGE_KEY: symbol = Symbol.for("otel-error-tree exchange");

/** How a response ended; `"open"` if it has not. */
export type ResponseEnd = "open" | "finished" | "caller-left" | "broken";

/** The ids of a span, as its context has them. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** One request and its response, as the server side of a transport sees it. */
export interface Exchange {
  /** The ask; `undefined` if there is none, or the peer is not trusted. */
  readonly ask: Ask | undefined;
  /** How the response ended; read when the server span has ended, and if the response takes very long. */
  responseEnd(): ResponseEnd;
  /**
   * The server span may end before the response: then the request is over only when the transport says so. @default false
   */
  readonly outlivesSpan?: boolean;
  /** True if this is its request of node; absent if no program can replace the object that the exchange is found by. */
  isOf?(request: object): boolean;
  /** Drops what it holds of the transport; called when the exchange is over. */
  release(): void;
  /** The fragment of this exchange. Only the fragments' side reads and sets it. */
  fragment: unknown;
  /** Its first span, until it is over: another server span for the same request continues this trace. */
  first: SpanIds | undefined;
}

/** The exchanges of one set-up, by objects of their transports; an object is freed as if it were not in here. A WeakMap is one. */
export interface Exchanges {
  get(object: object): Exchange | undefined;
  set(object: object, exchange: Exchange): unknown;
}

/** A response body, which is read after its head. It is looked at again when the client span ends. */
export interface ResponseBody {
  /** Set if the body broke off. */
  readonly errored: Error | null;
  /** Names and values of the trailers in turn; empty until the body has been received. */
  readonly rawTrailers: readonly string[];
}

/** This process itself ended a call: a time limit had passed, or the response was not needed any more. */
export interface CancelledCall {
  /** Longest wait for the next byte, in milliseconds; 0 if the transport knows of no limit. */
  readonly limitMs: number;
  /** The transport knows no reason: an error that the call's span shows counts more than what is made of this. */
  readonly unexplained?: true;
}
