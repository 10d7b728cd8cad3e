// What a program can ask and say about the request it is working on.
import { context, trace } from "@opentelemetry/api";
import type { Collector } from "./collect/collector.ts";
import { CODES, type Code } from "./model/code.ts";
import type { ErrorTree } from "./model/tree.ts";
import { OptionError } from "./options.ts";

/** Collectors that are running: one per set-up, so nearly always one. A span id leads to at most one of them. */
const running = new Set<Collector>();

/** Makes a collector known until the returned function is called. */
export function announce(collector: Collector): () => void {
  running.add(collector);
  return () => {
    running.delete(collector);
  };
}

/**
 * The error tree of the current request so far: the failures beneath it that its service knows of at this moment.
 *
 * @returns `undefined` where nothing failed so far, or no request of ours is active
 */
export function activeErrorTree(): ErrorTree | undefined {
  const spanId = activeSpanId();
  if (spanId === undefined) return undefined;
  for (const collector of running) {
    const tree = collector.treeSoFar(spanId);
    if (tree !== undefined) return tree;
  }
  return undefined;
}

/**
 * Says that the current request failed although its answer will not show it, as a GraphQL error that travels under 200.
 * Called before the response head is written, the head tells it; while a body is being streamed, what comes behind the
 * body tells it, and the export is marked as late.
 *
 * @param error - tells error type, message and frames of the request's node
 * @param code - the code that the answer tells in its own way, unless its HTTP status tells one; by default the code of
 *   the error's type, else `unknown`
 * @returns false where no request of ours is active, or it is over
 * @throws OptionError where `code` is no canonical code of a failure
 */
export function failRequest(error: unknown, code?: Exclude<Code, "ok">): boolean {
  if (code !== undefined && ((code as string) === "ok" || !Object.hasOwn(CODES, code))) {
    throw new OptionError("code", "a canonical code of a failure, as not-found", code);
  }
  const spanId = activeSpanId();
  if (spanId === undefined) return false;
  for (const collector of running) if (collector.fail(spanId, error, code)) return true;
  return false;
}

function activeSpanId(): string | undefined {
  return trace.getSpan(context.active())?.spanContext().spanId;
}
