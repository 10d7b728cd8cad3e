// Lets a program read the error tree of the request that it works on, and say that the request failed.
import { context, trace } from "@opentelemetry/api";
import type { Health } from "../health/health.ts";
import { OptionError } from "../options/option-types.ts";
import { CODES, type Code } from "../spans/code.ts";
import type { ErrorTree } from "../tree/tree.ts";
import { type MessageSide, type RunningSetUp, setUps } from "./set-ups.ts";

/** Makes the functions below reach this set-up, from every copy of the package, until the returned function is called. */
export function announce(running: RunningSetUp, health: Pick<Health, "failed">): () => void {
  const guarded = <T>(place: string, run: () => T, otherwise: T): T => {
    try {
      return run();
    } catch (error) {
      health.failed(place, error);
      return otherwise;
    }
  };
  const setUp: RunningSetUp = {
    treeSoFar: (spanId, supposed) =>
      guarded("activeErrorTree", () => running.treeSoFar(spanId, supposed), undefined),
    fail: (spanId, error, code, isOneOfSeveral) =>
      guarded("failRequest", () => running.fail(spanId, error, code, isOneOfSeveral), false),
    note: (request, noted) =>
      guarded("a framework's error", () => running.note?.(request, noted) ?? false, false),
    ...(running.messages === undefined
      ? undefined
      : { messages: guardedMessages(running.messages, guarded) }),
    watchCalls: (spanId) => guarded("optional", () => running.watchCalls(spanId), undefined),
  };
  const all = setUps();
  all.add(setUp);
  return () => {
    all.delete(setUp);
  };
}

function guardedMessages(
  side: MessageSide,
  guarded: <T>(place: string, run: () => T, otherwise: T) => T,
): MessageSide {
  return {
    received: (carrier, field) => guarded("consume", () => side.received(carrier, field), false),
    answer: (carrier) => guarded("replyHeaders", () => side.answer(carrier), undefined),
    handlerOver: (spanId) => guarded("consume", () => side.handlerOver(spanId), undefined),
    askFor: (span) => guarded("request", () => side.askFor(span), undefined),
    replied: (spanId, field) => guarded("request", () => side.replied(spanId, field), false),
    unanswered: (spanId, error) => guarded("request", () => side.unanswered(spanId, error), undefined),
  };
}

/**
 * The error tree of the current request so far: the failures beneath it that its service knows of at this moment.
 *
 * @returns `undefined` if nothing failed so far, or if no request of ours is active
 */
export function activeErrorTree(): ErrorTree | undefined {
  return treeSoFar(undefined);
}

/** The same; with an error, the tree as it is if the request fails with it. */
export function treeSoFar(supposed: { readonly thrown: unknown } | undefined): ErrorTree | undefined {
  const spanId = activeSpanId();
  if (spanId === undefined) return undefined;
  return firstOf((setUp) => {
    const tree = setUp.treeSoFar(spanId, supposed);
    return typeof tree?.root === "object" ? tree : undefined;
  });
}

/**
 * Says that the current request failed although its HTTP status does not show it, such as a GraphQL error with status 200. If
 * it is called before the response head is written, the header carries the failure. If it is called while a body is being
 * sent, a trailer carries it and the export is marked as late.
 *
 * @param error - gives the request's node its error type, message and frames
 * @param code - the code of the failure, unless the HTTP status has one; by default the code of the error's type, or its status if a
 *   client of gRPC or Connect threw it, else `unknown`
 * @returns false if no request of ours is active, or if it is over
 * @throws OptionError if `code` is not a canonical code of a failure
 */
export function failRequest(error: unknown, code?: Exclude<Code, "ok">): boolean {
  if (code !== undefined && ((code as string) === "ok" || !Object.hasOwn(CODES, code))) {
    throw new OptionError("code", "a canonical code of a failure, as not-found", code);
  }
  return fail(error, code, false);
}

/** The same for one error of several that a request may have: it does not replace a fault reported before. */
export function failRequestAlso(error: unknown, code?: Exclude<Code, "ok">): boolean {
  return fail(error, code, true);
}

function fail(error: unknown, code: Code | undefined, isOneOfSeveral: boolean): boolean {
  const spanId = activeSpanId();
  if (spanId === undefined) return false;
  return (
    firstOf((setUp) => (setUp.fail(spanId, error, code, isOneOfSeveral) === true ? true : undefined)) ?? false
  );
}

/** The first answer of a set-up. A set-up of another copy of this package may throw. */
function firstOf<T>(ask: (setUp: RunningSetUp) => T | undefined): T | undefined {
  for (const setUp of setUps()) {
    try {
      const answer = ask(setUp);
      if (answer !== undefined) return answer;
    } catch {
      // It is of another version: the next one may be the right one.
    }
  }
  return undefined;
}

function activeSpanId(): string | undefined {
  return trace.getSpan(context.active())?.spanContext().spanId;
}
