// Runs the parts of a plan: a step, a sequence, a part that is tried again, and a part that another one stands in for.
import { type Span, SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("plan");

/** A part of a plan. It throws if it fails. */
export type Part = () => Promise<void>;

/** Runs a part as a span with this name. The span has failed if the part throws. */
export function named(name: string, part: Part): Part {
  return () =>
    tracer.startActiveSpan(name, async (span) => {
      try {
        await part();
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
}

/** One after the other, until one fails. */
export function sequence(...parts: readonly Part[]): Part {
  return async () => {
    for (const part of parts) await part();
  };
}

/** Tries a part so many times. */
export function retried(times: number, part: Part): Part {
  return async () => {
    for (let left = times - 1; ; left--) {
      try {
        return await part();
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  };
}

/** Runs the second part if the first one fails. */
export function otherwise(part: Part, other: Part): Part {
  return async () => {
    try {
      await part();
    } catch {
      await other();
    }
  };
}

function fail(span: Span, error: unknown): void {
  span.recordException(error as Error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: String((error as Error).message) });
}
