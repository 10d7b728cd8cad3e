// Runs the handler of a message in the producer's context, and reports how it failed.
import {
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type TextMapGetter,
  trace,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { ATTEMPT } from "../../spans/node-attributes.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import { failRequest } from "../active.ts";
import { isThenable } from "../thenable.ts";
import { attemptOf } from "./attempt.ts";
import { Carrier } from "./carrier.ts";
import { handlerOver, received } from "./sides.ts";
import { noteFailure } from "./span-failure.ts";

/** A message whose handler runs. */
interface Received {
  readonly message: unknown;
  readonly carrier: Carrier;
  readonly span: Span;
}

const RECEIVED = createContextKey("otel-error-tree message");
const TRACER = "otel-error-tree";

const GETTER: TextMapGetter<Carrier> = {
  get: (carrier, name) => carrier.get(name) ?? undefined,
  keys: (carrier) => carrier.names(),
};

/**
 * Runs the handler of a message in the context of who sent it, and reports its failure: type, message and frames of what it
 * threw, and which attempt it was, if the broker counts. The consumer's error tree is exported by itself, in the trace of the producer.
 *
 * ```js
 * channel.consume("invoices", async (message) => {
 *   await consume("process invoices", message, () => write(message.content));
 *   channel.ack(message);
 * });
 * ```
 *
 * If an instrumentation has made a CONSUMER span for the message, and it is active, the failure is written on that one. Else a
 * CONSUMER span is made, a child of the producer's.
 *
 * A message that {@link request} sent is answered: the span is a SERVER span, and {@link replyHeaders} has the answer.
 *
 * @param name - names the span, if one is made: the operation and the queue, as `process invoices`
 * @param headers - the message of amqplib, Kafka, NATS, SQS or BullMQ as it came, or only its headers: an object or a Map with texts
 *   or bytes. Only a whole message says which attempt it is, except for RabbitMQ
 * @param handler - called once, at once
 * @returns what the handler returns, as it is; of a promise, or of what can be awaited like one, a promise that settles in the same way.
 *   Await that one: if it rejects and nobody handles it, Node.js takes it for an unhandled rejection, as it would take the first one
 * @throws what the handler throws, as it is
 */
export function consume<T>(name: string, headers: unknown, handler: () => T): T {
  const begun = begin(name, headers);
  if (begun === undefined) return handler();
  let result: T;
  try {
    result = context.with(begun.within, handler);
  } catch (error) {
    failed(begun, error);
    throw error;
  }
  if (!isThenable(result)) {
    succeeded(begun);
    return result;
  }
  // A query that runs when it is awaited is awaited once, and in the handler's context.
  return settled(begun, result) as T;
}

async function settled(begun: Begun, result: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await context.with(begun.within, () => Promise.resolve(result));
    succeeded(begun);
    return value;
  } catch (error) {
    failed(begun, error);
    throw error;
  }
}

/** The message whose handler runs; `undefined` outside of {@link consume}. */
export function receivedIn(within: Context): Received | undefined {
  return within.getValue(RECEIVED) as Received | undefined;
}

/** A handler that runs, or is about to. */
interface Begun {
  readonly within: Context;
  /** The span that was made; `undefined` if an instrumentation's is used, and ended by that one. */
  readonly own: Span | undefined;
  /** The span that says how it failed: another one if an instrumentation's has ended, because the broker has gone. */
  failing(): Span;
}

/** Never throws: without it the handler runs as if nobody looked. */
function begin(name: string, message: unknown): Begun | undefined {
  try {
    const active = context.active();
    const carrier = new Carrier(message);
    const ask = carrier.take(HEADER_NAME);
    const isAsked = ask !== undefined && received(carrier, ask);
    const outside = isTracingSuppressed(active) ? active : ROOT_CONTEXT;
    const extracted = propagation.extract(outside, carrier, GETTER);
    const attempt = attemptOf(message, carrier);
    const current = trace.getSpan(active);
    const start = (startTime?: number): Span =>
      trace.getTracer(TRACER).startSpan(
        name,
        {
          kind: isAsked ? SpanKind.SERVER : SpanKind.CONSUMER,
          attributes: {
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            ...(attempt === undefined ? undefined : { [ATTEMPT]: attempt }),
          },
          links: current === undefined ? [] : [{ context: current.spanContext() }],
          ...(startTime === undefined ? undefined : { startTime }),
        },
        extracted,
      );
    const isTaken = receivedIn(active) !== undefined && receivedIn(active)?.message !== message;
    if (current !== undefined && !isAsked && !isTaken && isSpanOf(current, extracted)) {
      if (attempt !== undefined) current.setAttribute(ATTEMPT, attempt);
      const began = Date.now();
      return {
        within: active.setValue(RECEIVED, { message, carrier, span: current }),
        own: undefined,
        failing: () => (hasEnded(current) ? start(began) : current),
      };
    }
    const span = start();
    return {
      within: trace.setSpan(extracted, span).setValue(RECEIVED, { message, carrier, span }),
      own: span,
      failing: () => span,
    };
  } catch {
    return undefined;
  }
}

/** Never throws. */
function succeeded({ own }: Begun): void {
  try {
    own?.end();
  } catch {
    // An SDK that throws: the program gets what its handler returned.
  }
}

/** Never throws. */
function failed({ within, own, failing }: Begun, error: unknown): void {
  try {
    const span = failing();
    context.with(trace.setSpan(within, span), () => failRequest(error));
    noteFailure(span, error);
    if (own !== undefined || span !== trace.getSpan(within)) span.end();
    else handlerOver(span.spanContext().spanId);
  } catch {
    // An SDK that throws: the program gets its own error.
  }
}

function hasEnded(span: Span): boolean {
  return (span as unknown as Partial<ReadableSpan>).ended === true;
}

/** True for a CONSUMER span that an instrumentation made for the message: a child of the producer's span, or linked to it. */
function isSpanOf(span: Span, extracted: Context): boolean {
  const { kind, ended, parentSpanContext, links = [] } = span as unknown as Partial<ReadableSpan>;
  if (kind !== SpanKind.CONSUMER || ended) return false;
  const producer = trace.getSpanContext(extracted);
  if (producer === undefined) return parentSpanContext === undefined && links.length === 0;
  const { spanId } = producer;
  return parentSpanContext?.spanId === spanId || links.some((link) => link.context?.spanId === spanId);
}
