// Makes of the copy of an unsampled span one that goes to the backend all the same.
import type { Attributes } from "@opentelemetry/api";
import type { WrittenSpan } from "../../spans/written-span.ts";
import { addWarnings } from "./warnings.ts";

/**
 * Stands on every span that is exported by force, so that a Collector can tell each of them: a tail sampler lets them pass
 * at once, a probabilistic one keeps them all.
 */
export const FORCED_ATTRIBUTES: Readonly<Record<string, number>> = { "sampling.priority": 1 };

/** What a forced span says beyond what was recorded. */
export interface ForcedSpanOptions {
  readonly attributes?: Attributes;
  /**
   * The parent in the backend. It differs from the recorded one if a sidecar rewrote `traceparent`, or if the recorded one
   * is not exported. `undefined` for none.
   */
  readonly parentSpanId: string | undefined;
}

/** Sets the sampled flag, the priority, the parent and the warnings. */
export function force(span: WrittenSpan, { attributes, parentSpanId }: ForcedSpanOptions): void {
  span.markSampled();
  span.setParent(parentSpanId);
  span.addAttributes(attributes);
  span.addAttributes(FORCED_ATTRIBUTES);
  addWarnings(span.attributes);
  // Jaeger needs a duration.
  span.endAt(span.endTime);
}
