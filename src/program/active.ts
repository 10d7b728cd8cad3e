// What a program can ask and say about the request it is working on.
import { context, trace } from "@opentelemetry/api";
import type { Health } from "../health/health.ts";
import { OptionError } from "../options/option-types.ts";
import { type RunningSetUp, registry } from "../registry.ts";
import { CODES, type Code } from "../spans/code.ts";
import type { ErrorTree } from "../tree/tree.ts";

/** Has the functions below reach the pipeline, from every copy of this package, until the returned function is called. */
export function announce(collector: RunningSetUp, health: Pick<Health, "failed">): () => void {
  const setUp: RunningSetUp = {
    treeSoFar(spanId) {
      try {
        return collector.treeSoFar(spanId);
      } catch (error) {
        health.failed("activeErrorTree", error);
        return undefined;
      }
    },
    fail(spanId, error, code) {
      try {
        return collector.fail(spanId, error, code);
      } catch (thrown) {
        health.failed("failRequest", thrown);
        return false;
      }
    },
    watchCalls(spanId) {
      try {
        return collector.watchCalls(spanId);
      } catch (error) {
        health.failed("optional", error);
        return undefined;
      }
    },
  };
  const { setUps } = registry();
  setUps.add(setUp);
  return () => {
    setUps.delete(setUp);
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
  return firstOf((setUp) => {
    const tree = setUp.treeSoFar(spanId);
    return typeof tree?.root === "object" ? tree : undefined;
  });
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
  return firstOf((setUp) => (setUp.fail(spanId, error, code) === true ? true : undefined)) ?? false;
}

/** What the first set-up says that says anything. One of another copy of this package is not relied on. */
function firstOf<T>(ask: (setUp: RunningSetUp) => T | undefined): T | undefined {
  for (const setUp of registry().setUps) {
    try {
      const answer = ask(setUp);
      if (answer !== undefined) return answer;
    } catch {
      // It has another form than ours: the next one may be the right one.
    }
  }
  return undefined;
}

function activeSpanId(): string | undefined {
  return trace.getSpan(context.active())?.spanContext().spanId;
}
