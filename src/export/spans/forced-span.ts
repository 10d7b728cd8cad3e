// The copy of an unsampled span that goes to the backend all the same.
import type { Attributes, SpanContext } from "@opentelemetry/api";
import { hrTimeDuration } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { endAfter } from "./span-end.ts";
import { withWarnings } from "./warnings.ts";

const SAMPLED = 1;

/**
 * Stands on every span that is exported by force, so that a Collector can tell each of them: a tail sampler lets them pass
 * at once, a probabilistic one keeps them all.
 */
export const FORCED_ATTRIBUTES: Readonly<Record<string, number>> = { "sampling.priority": 1 };

/** What a forced copy says beyond its span. */
export interface ForcedSpanOptions {
  readonly attributes?: Attributes;
  /**
   * The parent in the backend: another than the one recorded where a sidecar rewrote `traceparent`, or where the one
   * recorded is not exported. `undefined` for none.
   */
  readonly parentSpanId: string | undefined;
}

/**
 * The span with the sampled flag and the priority set, and with warnings; the rest of its data is not copied. `tracestate`
 * stays as it came: a threshold that was not decided is never invented.
 */
export function forcedSpan(
  span: ReadableSpan,
  { attributes, parentSpanId }: ForcedSpanOptions,
): ReadableSpan {
  const context = span.spanContext();
  const sampled: SpanContext = { ...context, traceFlags: context.traceFlags | SAMPLED };
  const parent = span.parentSpanContext;
  const properties: PropertyDescriptorMap = {
    spanContext: { value: () => sampled },
    attributes: {
      value: withWarnings({ ...span.attributes, ...attributes, ...FORCED_ATTRIBUTES }),
      enumerable: true,
    },
  };
  if (parent?.spanId !== parentSpanId) {
    const value =
      parentSpanId === undefined
        ? undefined
        : { ...(parent ?? sampled), spanId: parentSpanId, isRemote: true };
    properties.parentSpanContext = { value, enumerable: true };
  }
  const endTime = endAfter(span.startTime, span.endTime);
  if (endTime !== span.endTime) {
    properties.endTime = { value: endTime, enumerable: true };
    properties.duration = { value: hrTimeDuration(span.startTime, endTime), enumerable: true };
  }
  return Object.create(span, properties);
}

/** True where the span was head-sampled and goes to the backend by its normal way. */
export function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & SAMPLED) !== 0;
}
