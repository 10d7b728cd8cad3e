// Answers one request over HTTP, whatever its version: reads its ask, and has its answer put into the head or the trailers.
import type { Exchange, Exchanges, ResponseEnd, SpanIds } from "../../exchange.ts";
import type { AskingRequest } from "../../trust/doubt.ts";
import type { Trust } from "../../trust/trust.ts";
import { LONGEST_CACHE_KEY } from "../../wire/limits.ts";
import type { Answer, Ask } from "../../wire/messages.ts";
import { readAsk } from "../asking.ts";
import { type WritingParts, withAnswer, withTrailer } from "./answer-text.ts";
import type { ServerExchange } from "./server-guard.ts";

/** What the server side needs of the others. */
export interface HttpServerParts extends WritingParts {
  readonly trust: Trust;
  /** Exchanges by the headers object that the propagator's `extract` will be given. */
  readonly exchanges: Exchanges;
  /** False after the shutdown: later requests are not recorded, earlier ones are answered. @default always true */
  isOpen?(): boolean;
}

/** One request. A guard calls it: at the head `headMade`, then `answer` if it is the first set-up that knows it. */
export abstract class AnswerableExchange implements Exchange, ServerExchange {
  fragment: unknown;
  first: SpanIds | undefined;
  readonly #parts: HttpServerParts;
  /** The raw x-error-tree field, until it is parsed. */
  #field: unknown;
  #ask: Ask | undefined;
  /** Decided when the head is made, until it is in there. */
  #answer: Answer | undefined;
  /** It is this set-up that answers, and more may be said in a trailer. */
  #mayAmend: boolean;

  constructor(field: unknown, parts: HttpServerParts) {
    this.#field = field;
    this.#ask = undefined;
    this.#answer = undefined;
    this.#mayAmend = false;
    this.#parts = parts;
    this.fragment = undefined;
    this.first = undefined;
  }

  abstract responseEnd(): ResponseEnd;

  /** The request, by which trust decides; `undefined` if it is over. */
  protected abstract request(): AskingRequest | undefined;

  /** How long the URL is that came. */
  protected abstract urlLength(): number;

  /** Parsed at first use: a request that nobody records is not counted as refused. */
  get ask(): Ask | undefined {
    const field = this.#field;
    if (field !== undefined) {
      const request = this.request();
      if (request === undefined) return undefined;
      this.#field = undefined;
      this.#ask = guardedAsk(field, request, this.#parts);
    }
    return this.#ask;
  }

  headMade(status: number): boolean {
    try {
      this.#answer = this.#parts.hooks.answerAtHead(this, status);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
    }
    return this.#answer !== undefined;
  }

  answer(head: string): string {
    const answer = this.#answer;
    // It holds a tree, and the response may stay open for hours.
    this.#answer = undefined;
    if (answer === undefined) return head;
    const { ask } = this;
    this.#mayAmend = ask !== undefined;
    if (ask === undefined && this.#parts.serverTiming !== "everyone") return head;
    try {
      const block = head.length + cacheKeyBytes(this.urlLength());
      return withAnswer({ exchange: this, answer, head, block }, this.#parts);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
      return head;
    }
  }

  answerAtEnd(head: string, trailers: string): string {
    if (!this.#mayAmend) return trailers;
    this.#mayAmend = false;
    try {
      return withTrailer({ exchange: this, head, trailers }, this.#parts);
    } catch (error) {
      this.#parts.health.failed("end", error);
      return trailers;
    }
  }

  isOfCallee(traceparent: string): boolean {
    try {
      return this.#parts.hooks.isOfCallee(this, traceparent);
    } catch (error) {
      this.#parts.health.failed("writeHead", error);
      return true;
    }
  }

  release(): void {
    this.#answer = undefined;
  }
}

/** The ask; `undefined` if reading it failed. */
function guardedAsk(field: unknown, request: AskingRequest, parts: HttpServerParts): Ask | undefined {
  try {
    return readAsk(typeof field === "string" ? field : undefined, request, parts);
  } catch (error) {
    parts.health.failed("an ask", error);
    return undefined;
  }
}

/**
 * Bytes that a cache in front of us may need besides the head: nginx with proxy_cache puts its key, the URL, into the buffer that
 * the head must fit into.
 */
function cacheKeyBytes(length: number): number {
  return length <= LONGEST_CACHE_KEY ? length : 0;
}
