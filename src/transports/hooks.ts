// What a transport reports of requests and calls, and what it gets to answer; the pipeline implements both.
import type { CancelledCall, Exchange, ResponseBody } from "../exchange.ts";
import type { Answer } from "../wire/messages.ts";

/** The server side of a transport tells when the head is written, and gets what to say. */
export interface ServerHooks {
  /** The answer at the moment the head is written; `undefined` where the exchange was not recorded. Decides the export. */
  answerAtHead(exchange: Exchange, status: number): Answer | undefined;
  /**
   * The answer at the moment a body that is still being sent ends; `undefined` where the head said the same. Decides the
   * export where it comes to light only now that there is one.
   */
  answerAtEnd(exchange: Exchange): Answer | undefined;
  /**
   * The exchange's own span in the form of a `traceparent`, with the sampled flag where it is exported, by the head sampler's
   * word or ours, as decided at the head; `undefined` where the exchange was not recorded.
   */
  traceparentOf(exchange: Exchange): string | undefined;
  /** True for the `traceparent` of a span beneath the exchange that is none of this process: a service that answered us has it. */
  isOfCallee(exchange: Exchange, traceparent: string): boolean;
}

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
