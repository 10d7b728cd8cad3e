// What a client does with a response head, whatever its transport: find the span by the ask, read the answer.
import { idOfAsk } from "../codec/header.ts";
import type { AnswerCodec, CallDesk, Health, Outcome, ResponseBody } from "../model/ports.ts";

/** What the client sides need of the others. */
export interface ClientParts {
  readonly calls: CallDesk;
  readonly codec: AnswerCodec;
  readonly health: Health;
}

/** The client span's id in a `traceparent` that our own process wrote, for calls to hosts that are not asked. */
export function idOfTraceparent(value: unknown): string | undefined {
  return typeof value === "string" ? value.split("-")[2] : undefined;
}

/** Hands a response head to the call that asked; a request without an ask of ours is none of our business. */
export function receiveAnswer(
  { calls, codec, health }: ClientParts,
  ask: unknown,
  status: number,
  answer: unknown,
  body: ResponseBody | undefined,
): void {
  const id = idOfAsk(ask);
  const operation = id === undefined ? undefined : calls.operationOf(id);
  if (id === undefined || operation === undefined) return;
  let outcome: Outcome | undefined;
  if (answer !== undefined) {
    const read = typeof answer === "string" ? codec.decode(answer, id, operation) : "malformed";
    if (read === "malformed" || read === "foreign") {
      health.count(`answers_${read}`);
      health.once(
        `answer ${read}`,
        `a response carried a ${read} x-error-tree field; such fields are ignored`,
      );
    } else {
      outcome = read;
    }
  }
  calls.responded(id, status, outcome, body);
}
