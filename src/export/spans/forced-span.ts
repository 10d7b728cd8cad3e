// Forces the copy of an unsampled span, so that exporters and backends take it.
import type { Attributes } from "@opentelemetry/api";
import type { WrittenSpan } from "../../spans/written-span.ts";
import { addWarnings } from "./warnings.ts";

/**
 * The attributes of every span that is exported by force, by which a Collector recognises it: its tail sampler passes them at
 * once, its probabilistic sampler keeps all of them.
 */
export const FORCED_ATTRIBUTES: Readonly<Record<string, number>> = { "sampling.priority": 1 };

/** What a forced span says in addition to what was recorded. */
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
