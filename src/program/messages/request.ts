// Sends a request through a queue and waits for its reply: asks with it, and reads the answer.
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { HEADER_NAME } from "../../wire/header.ts";
import { failRequest } from "../active.ts";
import { Carrier } from "./carrier.ts";
import { receivedIn } from "./consume.ts";
import { answerTo, askFor, replied, unanswered } from "./sides.ts";
import { noteFailure } from "./span-failure.ts";

const TRACER = "otel-error-tree";

/**
 * Sends a request through a queue and waits for the reply, with a CLIENT span around both. If a secret is set, the message asks for
 * the consumer's error tree; the tree in the reply stands beneath the span.
 *
 * ```js
 * const reply = await request("request prices", async (headers) => {
 *   const fields = natsHeaders();
 *   for (const [name, value] of Object.entries(headers)) fields.set(name, value);
 *   return await connection.request("prices", body, { headers: fields, timeout: 1_000 });
 * });
 * ```
 *
 * The broker, and who reads the queue, sees the token of the secret in the ask. Do not use it for a queue that strangers read.
 *
 * @param name - names the span: the operation and the queue, as `request prices`
 * @param send - called once, at once, with the headers that the message has to carry: the trace context and the ask. Resolves
 *   with the reply: a message of a client that {@link consume} knows, or its headers
 * @returns the reply as it came; rejects with what `send` threw
 */
export async function request<T>(
  name: string,
  send: (headers: Record<string, string>) => PromiseLike<T> | T,
): Promise<T> {
  const span = trace.getTracer(TRACER).startSpan(name, {
    kind: SpanKind.CLIENT,
    attributes: { "messaging.operation.name": "request", "messaging.operation.type": "send" },
  });
  const { spanId } = span.spanContext();
  const within = trace.setSpan(context.active(), span);
  try {
    const headers = headersFor(span, within);
    const asks = HEADER_NAME in headers;
    const reply = await context.with(within, () => send(headers));
    // Whoever was not asked may know the span's id from the trace context, and say what he likes.
    const answer = asks ? new Carrier(reply).take(HEADER_NAME) : undefined;
    if (replied(spanId, answer)) span.setStatus({ code: SpanStatusCode.ERROR });
    return reply;
  } catch (error) {
    unanswered(spanId, error);
    noteFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * The headers that the reply to a message has to carry, called in the handler of {@link consume} just before the reply is sent:
 * the consumer's answer to {@link request}, with its error tree. Empty if the message does not ask, or its ask is not trusted.
 *
 * ```js
 * await consume("process prices", message, async () => {
 *   try {
 *     message.respond(await prices(), { headers: fieldsOf(replyHeaders()) });
 *   } catch (error) {
 *     message.respond("no prices", { headers: fieldsOf(replyHeaders(error)) });
 *   }
 * });
 * ```
 *
 * @param error - what the handler failed with, if it did and does not throw: as for {@link failRequest}
 */
export function replyHeaders(error?: unknown): Record<string, string> {
  const message = receivedIn(context.active());
  if (message === undefined) return {};
  if (error !== undefined) {
    failRequest(error);
    noteFailure(message.span, error);
  }
  const value = answerTo(message.carrier);
  return value === undefined ? {} : { [HEADER_NAME]: value };
}

function headersFor(span: Span, within: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  try {
    propagation.inject(within, headers);
    // It may have left a note for a transport that does not see this message.
    delete headers[HEADER_NAME];
    const ask = span.isRecording() ? askFor(span as unknown as ReadableSpan) : undefined;
    if (ask !== undefined) headers[HEADER_NAME] = ask;
  } catch {
    // The request is sent without them.
  }
  return headers;
}
