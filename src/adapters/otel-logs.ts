// Gives a logger of OpenTelemetry one record for each failed request.
import { type Context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { onFailure } from "../program/failures.ts";
import { lineOf } from "../program/log-lines.ts";

/** What is used of a logger of `@opentelemetry/api-logs`. */
export interface OtelLogger {
  emit(record: {
    readonly severityNumber: 17;
    readonly severityText: "ERROR";
    readonly eventName: string;
    readonly body: string;
    readonly attributes: Record<string, string | number | boolean>;
    readonly context: Context;
  }): void;
}

/**
 * Emits a log record for each failed request that is exported, of the severity ERROR, at its end: with its root cause in attributes,
 * and with the trace and the span of the request. An error that the logger throws is caught.
 *
 * ```js
 * import { logs } from "@opentelemetry/api-logs";
 * logFailures(logs.getLogger("shop"));
 * ```
 *
 * @returns a function that ends it
 */
export function logFailures(logger: OtelLogger): () => void {
  return onFailure((failed) => {
    const { text, attributes } = lineOf(failed);
    const { traceId, spanId } = failed;
    logger.emit({
      severityNumber: 17,
      severityText: "ERROR",
      eventName: "error_tree.failure",
      body: text,
      attributes: { ...attributes },
      context:
        spanId === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 }),
    });
  });
}
