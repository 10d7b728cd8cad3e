// Writes a failure on a span: the status, and the error with its causes.
import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { CAUSES, causesOf, partsOf } from "../../spans/causes.ts";

/** Does nothing if the span has ended. Never throws. */
export function noteFailure(span: Span, error: unknown): void {
  try {
    if (!span.isRecording()) return;
    const { type, message, stack } = partsOf(error);
    const causes = causesOf(error);
    span.addEvent("exception", {
      "exception.type": type,
      "exception.message": message,
      ...(stack === undefined ? undefined : { "exception.stacktrace": stack }),
      ...(causes.length === 0 ? undefined : { [CAUSES]: causes }),
    });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  } catch {
    // Getters and `toString` of what was thrown are the program's.
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}
