// Gives winston the ids of the trace for every line, and one line for each failed request.
import { onFailure } from "../program/failures.ts";
import { activeIds, fieldsOf, lineOf } from "../program/log-lines.ts";

/** What is used of winston's logger. */
export interface WinstonLogger {
  error(text: string, fields: object): unknown;
}

/** A format of winston. */
export interface WinstonFormat {
  transform<Info extends object>(info: Info): Info;
}

/**
 * A format that adds `trace_id` and `span_id` of the active span to every line that has none. It stands before the format that writes
 * the line:
 *
 * ```js
 * const log = winston.createLogger({ format: format.combine(traceIds(), format.json()) });
 * ```
 */
export function traceIds(): WinstonFormat {
  return {
    transform: (info) => {
      const ids = "trace_id" in info ? undefined : activeIds();
      return ids === undefined ? info : Object.assign(info, ids);
    },
  };
}

/**
 * Logs each failed request that is exported, as one line of the level `error` at its end, with its root cause and its trace id. An
 * error that the logger throws is caught.
 *
 * @returns a function that ends it
 */
export function logFailures(logger: WinstonLogger): () => void {
  return onFailure((failed) => {
    const line = lineOf(failed);
    logger.error(line.text, fieldsOf(failed, line));
  });
}
