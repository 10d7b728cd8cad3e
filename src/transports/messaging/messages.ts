// Answers a message that asks, and reads the answer in its reply: one set-up's part in request and reply through a queue.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Exchange, Exchanges, ResponseEnd, SpanIds } from "../../exchange.ts";
import type { Health } from "../../health/health.ts";
import type { AskingRequest } from "../../trust/doubt.ts";
import type { Trust } from "../../trust/trust.ts";
import type { Answer, AnswerCodec, Ask } from "../../wire/messages.ts";
import { countWritten } from "../answer-counts.ts";
import { readAsk } from "../asking.ts";
import type { Asks } from "../asks.ts";
import type { ClientHooks, MessageHooks } from "../hooks.ts";
import { readAnswer } from "../receive.ts";

/** A message has no block of headers that could grow too large: AMQP takes 128 KB, NATS as much as a message. */
const MINIMAL_BYTES = 64;

/** Nobody's address: a broker stands between, so that the secret alone proves who asks. */
const THROUGH_A_BROKER: AskingRequest = {
  rawHeaders: [],
  url: "",
  socket: { remoteAddress: undefined } as AskingRequest["socket"],
};

/** What messages need of the others. */
export interface MessageParts {
  readonly hooks: MessageHooks;
  readonly calls: ClientHooks;
  readonly codec: AnswerCodec;
  readonly health: Health;
  readonly trust: Trust;
  readonly asks: Asks;
  /** Exchanges by the carrier that the propagator's `extract` will be given. */
  readonly exchanges: Exchanges;
  /** Largest value with a tree, in bytes. */
  readonly headerBytes: number;
}

/** One set-up's side of all messages. */
export class Messages {
  readonly #parts: MessageParts;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** Reads the ask of a message; `undefined` stands for one that is no text. True if it counts: then the reply carries an answer. */
  received(carrier: object, field: string | undefined): boolean {
    const { asks, exchanges } = this.#parts;
    const ask = readAsk(field, THROUGH_A_BROKER, this.#parts);
    if (ask === undefined || !asks.isOpen) return false;
    exchanges.set(carrier, new MessageExchange(ask));
    return true;
  }

  /** The answer for the reply to a message, which is about to be sent. Decides about the export. */
  answer(carrier: object): string | undefined {
    const { exchanges, hooks, codec, health, headerBytes } = this.#parts;
    const exchange = exchanges.get(carrier);
    if (exchange?.ask === undefined) return undefined;
    const answer = hooks.answerAtHead(exchange, 0);
    if (answer === undefined) return undefined;
    const encoded = codec.encode(answer, exchange.ask, {
      treeBytes: headerBytes,
      minimalBytes: MINIMAL_BYTES,
    });
    if (encoded === undefined) {
      health.count("answers_unwritten");
      return undefined;
    }
    countWritten(health.activity, encoded);
    return encoded.value;
  }

  /** The handler whose span this is has failed. */
  handlerOver(spanId: string): void {
    this.#parts.hooks.handlerOver(spanId);
  }

  /** The ask of a client span that waits for a reply; `undefined` without a secret, for no other proof passes a broker. */
  askFor(span: ReadableSpan): string | undefined {
    const { asks, calls } = this.#parts;
    const isOurs = asks.isOpen && asks.isSigned && calls.operationOf(span.spanContext().spanId) !== undefined;
    return isOurs ? asks.askFor(span) : undefined;
  }

  /** A reply came, with this answer; `null` if it is no text. True if it says that the request failed. */
  replied(spanId: string, field: string | null | undefined): boolean {
    const { calls } = this.#parts;
    const operation = calls.operationOf(spanId);
    if (operation === undefined) return false;
    const answer: Answer | undefined =
      field === undefined ? undefined : readAnswer(this.#parts, field, spanId, operation);
    calls.responded(spanId, 0, answer, undefined);
    return answer !== undefined && answer.code !== "ok";
  }

  /** The request ended without a reply. */
  unanswered(spanId: string, error: unknown): void {
    this.#parts.calls.broke(spanId, error);
  }
}

/** A message that is answered. */
class MessageExchange implements Exchange {
  fragment: unknown = undefined;
  first: SpanIds | undefined = undefined;
  readonly ask: Ask;

  constructor(ask: Ask) {
    this.ask = ask;
  }

  /** Nobody sees how a reply arrives: it is over when its handler is. */
  responseEnd(): ResponseEnd {
    return "open";
  }

  release(): void {}
}
