// The copy of an unsampled span that goes to the backend all the same.
import type { SpanContext } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

const SAMPLED = 1;

/**
 * Stands on every span that is exported by force, so that a Collector can tell each of them: a tail sampler lets them pass
 * at once, a probabilistic one keeps them all.
 */
export const FORCED_ATTRIBUTES: Readonly<Record<string, number>> = { "sampling.priority": 1 };

/** What a forced copy says beyond its span. */
export interface ForcedSpanOptions {
  readonly attributes: Readonly<Record<string, string | boolean | number>>;
  /** The parent, where it is another than the one recorded: a sidecar may have rewritten `traceparent`. */
  readonly parentSpanId?: string | undefined;
}

/**
 * The span with the sampled flag and the priority set; the rest of its data is not copied. `tracestate` stays as it came: a
 * threshold that was not decided is never invented.
 */
export function forcedSpan(span: ReadableSpan, options?: ForcedSpanOptions): ReadableSpan {
  const context = span.spanContext();
  const sampled: SpanContext = { ...context, traceFlags: context.traceFlags | SAMPLED };
  const attributes = { ...span.attributes, ...options?.attributes, ...FORCED_ATTRIBUTES };
  const properties: PropertyDescriptorMap = {
    spanContext: { value: () => sampled },
    attributes: { value: attributes, enumerable: true },
  };
  if (options !== undefined) {
    const { parentSpanId } = options;
    const parent = span.parentSpanContext;
    if (parentSpanId !== undefined && parent?.spanId !== parentSpanId) {
      properties.parentSpanContext = {
        value: { ...(parent ?? sampled), spanId: parentSpanId, isRemote: true },
        enumerable: true,
      };
    }
  }
  return Object.create(span, properties);
}

/** True where the span was head-sampled and goes to the backend by its normal way. */
export function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & SAMPLED) !== 0;
}
