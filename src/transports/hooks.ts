// Declares what a transport reports about requests and calls, and the answers that it gets; the pipeline implements both.
import type { CancelledCall, Exchange, ResponseBody } from "../exchange.ts";
import type { Code } from "../spans/code.ts";
import type { Answer } from "../wire/messages.ts";

/** The server side of a transport reports when the head is about to be written, and gets the answer. */
export interface ServerHooks {
  /**
   * The answer, just before the head is written; `undefined` if the request is not recorded. Decides about the export. `status`
   * is that of HTTP, or `statusOfRpc` of that of gRPC.
   */
  answerAtHead(exchange: Exchange, status: number): Answer | undefined;
  /**
   * The answer for a trailer, just before the body ends; `undefined` if the head said the same. Decides about the export
   * again if more has failed since the head.
   */
  answerAtEnd(exchange: Exchange): Answer | undefined;
  /**
   * The exchange's own span as a `traceparent`, with the sampled flag if it is exported, because of the head sampler or of
   * our decision at the head; `undefined` if the request is not recorded.
   */
  traceparentOf(exchange: Exchange): string | undefined;
  /** True if the `traceparent` names a span of the same trace that is not ours, and a callee has answered us. */
  isOfCallee(exchange: Exchange, traceparent: string): boolean;
}

/** The server side of a transport whose handlers answer with a status, which is sent after their span has ended. */
export interface StatusHooks extends ServerHooks {
  /** The handler failed with this error, of which the status shows only a part. Called before the answer is asked for. */
  handlerFailed(exchange: Exchange, error: unknown): void;
  /** The response of an exchange that may outlive its span is over. `endsSpan` if nothing else will ever end the span. */
  responseOver(exchange: Exchange, endsSpan: boolean): void;
}

/** The consumer's side of a queue. */
export interface MessageHooks extends ServerHooks {
  /** The handler whose span this is has failed. Its instrumentation may end the span later, or never. */
  handlerOver(spanId: string): void;
}

/** How a call failed that got no response. */
export interface CallFailure {
  readonly code: Code;
  readonly type: string;
  readonly message: string;
}

/** The client side of a transport reports what it saw of a call, which is named by the id of its client span. */
export interface ClientHooks {
  /** Operation of the client span; `undefined` if it is not recorded. */
  operationOf(spanId: string): string | undefined;
  /** A response head arrived, with an `x-error-tree` answer or without; `"unasked"` if the request carried no ask. */
  responded(
    spanId: string,
    status: number,
    answer: Answer | "unasked" | undefined,
    body: ResponseBody | undefined,
  ): void;
  /** One call has two spans, because the program is instrumented twice. The span to keep is that of `spanId`. */
  recordedTwice(otherId: string, spanId: string): void;
  /** An answer came in a trailer: its tree replaces the one in the head. */
  amended(spanId: string, answer: Answer): void;
  /** The call ended without a whole response; `cancelled` if this process ended it. */
  broke(spanId: string, error: unknown, cancelled?: CancelledCall): void;
}

/** The client side of a transport that has a code also for calls that get no response. */
export interface CodedCallHooks extends ClientHooks {
  /** The call ended without a response. An empty `type` means that there is none. */
  failed(spanId: string, failure: CallFailure): void;
  /** The call is made once more within its span: what came of it before counts no more. False if no such span runs. */
  repeated(spanId: string): boolean;
}
