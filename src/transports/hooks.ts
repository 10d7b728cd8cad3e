// What a transport tells of requests and calls, and what it gets to say.
import type { Answer, Ask } from "../wire/messages.ts";

/** Context key under which a propagator leaves the exchange for the span processor, unless its set-up has one of its own. */
export const EXCHANGE_KEY: symbol = Symbol.for("otel-error-tree exchange");

/** How a response came to its end; `"open"` where it has not. */
export type ResponseEnd = "open" | "finished" | "caller-left" | "broken";

/** How a span is known to others. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** One request and its response, as the server side of a transport sees it. */
export interface Exchange {
  /** The ask, where one came from a peer that is trusted. */
  readonly ask: Ask | undefined;
  /** How the response was closed; asked for when the server span has ended, and where it lasts very long. */
  responseEnd(): ResponseEnd;
  /** Called when the exchange is over: what it holds of the transport can go. */
  release(): void;
  /** The collector's own place for what belongs to this exchange. */
  fragment: unknown;
  /** The span that began it, as long as it is not over: whoever begins it again continues its trace. */
  first: SpanIds | undefined;
}

/** The server side of a transport tells when the head is written, and gets what to say. */
export interface ServerHooks {
  /** The outcome at the moment the head is written; `undefined` where the exchange was not recorded. Decides the export. */
  outcomeAtHead(exchange: Exchange, status: number): Answer | undefined;
  /**
   * The outcome at the moment a body that is still being sent ends; `undefined` where the head said the same. Decides the
   * export where it comes to light only now that there is one.
   */
  outcomeAtEnd(exchange: Exchange): Answer | undefined;
  /**
   * The exchange's own span in the form of a `traceparent`, with the sampled flag where it is exported, by the head sampler's
   * word or ours, as decided at the head; `undefined` where the exchange was not recorded.
   */
  traceparentOf(exchange: Exchange): string | undefined;
  /** True for the `traceparent` of a span beneath the exchange that is none of this process: a service that answered us has it. */
  isOfCallee(exchange: Exchange, traceparent: string): boolean;
}

/** A response body that is read after its head; looked at again when the client span ends. */
export interface ResponseBody {
  /** Set where the body broke off. */
  readonly errored: Error | null;
  /** Names and values, in turn, of the fields behind the body; empty until it has been received. */
  readonly rawTrailers: readonly string[];
}

/**
 * Takes the answer out of the fields behind a body, which came on the call with this client span; `undefined` where there is
 * none that counts. Never throws.
 */
export type TrailerReader = (body: ResponseBody, spanId: string, operation: string) => Answer | undefined;

/** This process itself ended a call: it waited no longer, or nobody wanted the answer any more. */
export interface CancelledCall {
  /** Milliseconds without a byte that it wanted to wait for at most; 0 where the transport knows of no limit. */
  readonly limitMs: number;
}

/** How this process gave a body up that broke off; `undefined` where the other side or the network ended it. Never throws. */
export type CancelReader = (body: ResponseBody) => CancelledCall | undefined;

/** The client side of a transport tells what it saw on the wire of a call, named by its client span's id. */
export interface ClientHooks {
  /** Operation of the client span; `undefined` where it is not recorded. */
  operationOf(spanId: string): string | undefined;
  /** A response head arrived, with an answer of ours or without. */
  responded(
    spanId: string,
    status: number,
    outcome: Answer | undefined,
    body: ResponseBody | undefined,
  ): void;
  /** Two spans stand for one call: a program was instrumented twice. The call is that of `spanId`. */
  recordedTwice(otherId: string, spanId: string): void;
  /** An answer came behind the body: its tree replaces what the head told of this call. */
  amended(spanId: string, outcome: Answer): void;
  /** The call ended without a whole response; `cancelled` where this process ended it. */
  broke(spanId: string, error: unknown, cancelled?: CancelledCall): void;
}
