// Keeps the running set-ups that a program's handlers reach, from every copy of this package.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { registry } from "../registry.ts";
import type { Code } from "../spans/code.ts";
import type { SpanRole } from "../spans/span-role.ts";
import type { ErrorTree } from "../tree/tree.ts";

/** A request that a framework reports on. */
interface NotedRequest {
  /** The headers object of node's request; `undefined` if the framework does not show it. */
  readonly headers: object | undefined;
  /** Node's request itself; absent in reports of copies of the package that know it by its headers alone. */
  readonly request?: object | undefined;
  /** The active span, for a request whose headers are not known. */
  readonly spanId: string | undefined;
}

/** What a framework reports of a request. */
export interface NotedFacts {
  /** An error that it got from the program. The request has failed by it only if its answer says so. */
  readonly error?: { readonly thrown: unknown };
  /** As `/orders/:id`. */
  readonly route?: string | undefined;
}

/** What a set-up does with messages that are sent through a queue and waited for. */
export interface MessageSide {
  /** Reads the ask of a message; `undefined` stands for one that is no text. True if it counts: then the reply carries an answer. */
  received(carrier: object, field: string | undefined): boolean;
  /** The answer for the reply to a message; `undefined` if it does not ask. */
  answer(carrier: object): string | undefined;
  /** The handler whose span this is has failed. Its instrumentation may end the span later, or never. */
  handlerOver(spanId: string): void;
  /** The ask for the request of this client span; `undefined` if it may not ask. */
  askFor(span: ReadableSpan): string | undefined;
  /** A reply came, with this answer; `null` if it is no text. True if it says that the request failed. */
  replied(spanId: string, field: string | null | undefined): boolean;
  /** The request of this client span ended without a reply. */
  unanswered(spanId: string, error: unknown): void;
}

/** A running set-up, as the functions for handlers reach it. */
export interface RunningSetUp {
  /**
   * The tree of the request that the span belongs to; `undefined` if nothing failed or if the span is not of this set-up. With
   * an error, the tree as it is if the request fails with it; copies of the package that do not know it leave it out.
   */
  treeSoFar(spanId: string, supposed?: { readonly thrown: unknown }): ErrorTree | undefined;
  /**
   * Marks that request as failed; false if there is none. One error of several does not replace a fault reported before;
   * in copies of the package that do not know of this it does.
   */
  fail(spanId: string, error: unknown, code: Code | undefined, isOneOfSeveral?: boolean): boolean;
  /**
   * Notes what a framework knows of a request; false if it is not a request of this set-up, or is over. Absent in copies of the
   * package that know of no frameworks.
   */
  note?(request: NotedRequest, noted: NotedFacts): boolean;
  /** Absent in copies of the package that know of no messages. */
  readonly messages?: MessageSide;
  /** Looks for the call of that request that settles a promise; the returned function is called then, and gives it the role. */
  watchCalls(spanId: string): ((role: SpanRole) => void) | undefined;
}

/** All of them. */
export function setUps(): Set<RunningSetUp> {
  return registry().setUps as Set<RunningSetUp>;
}
