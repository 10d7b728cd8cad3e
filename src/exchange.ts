// What transports and fragments share: one request and its response, and what is seen of a call.
import type { Ask } from "./wire/messages.ts";

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

/** A response body that is read after its head; looked at again when the client span ends. */
export interface ResponseBody {
  /** Set where the body broke off. */
  readonly errored: Error | null;
  /** Names and values, in turn, of the fields behind the body; empty until it has been received. */
  readonly rawTrailers: readonly string[];
}

/** This process itself ended a call: it waited no longer, or nobody wanted the answer any more. */
export interface CancelledCall {
  /** Milliseconds without a byte that it wanted to wait for at most; 0 where the transport knows of no limit. */
  readonly limitMs: number;
}
