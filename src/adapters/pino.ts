// Gives pino the ids of the trace for every line, and one line for each failed request.
import { onFailure } from "../program/failures.ts";
import { activeIds, fieldsOf, lineOf, type TraceIds } from "../program/log-lines.ts";

export type { TraceIds };

/** What is used of pino's logger. */
export interface PinoLogger {
  error(fields: object, text: string): void;
}

/**
 * A mixin that adds `trace_id` and `span_id` of the active span to every line:
 *
 * ```js
 * const log = pino({ mixin: traceIds });
 * ```
 */
export function traceIds(): TraceIds | Record<string, never> {
  return activeIds() ?? {};
}

/**
 * Logs each failed request that is exported, as one line of the level `error` at its end, with its root cause and its trace id. An
 * error that the logger throws is caught.
 *
 * @returns a function that ends it
 */
export function logFailures(logger: PinoLogger): () => void {
  return onFailure((failed) => {
    const line = lineOf(failed);
    logger.error(fieldsOf(failed, line), line.text);
  });
}
