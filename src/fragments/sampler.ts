// Records every span, as the outermost sampler, and changes nothing that is propagated.

import type { Attributes, Context, Link, SpanKind } from "@opentelemetry/api";
import type { Sampler, SamplingResult } from "@opentelemetry/sdk-trace";
import type { Health } from "../health/health.ts";
import { NOT_RECORD, RECORD } from "../spans/otel.ts";

/** Tells the span processor, in the same synchronous tick, whether the span that starts is recorded only for us. */
export interface Decision {
  recordedForUs: boolean;
}

function isBare({ attributes, traceState }: SamplingResult): boolean {
  if (traceState !== undefined) return false;
  for (const _ in attributes) return false;
  return true;
}

/**
 * Wraps the user's sampler and turns NOT_RECORD into RECORD; the sampled flag stays what the delegate made it. Must be the
 * outermost sampler: inside a `ParentBasedSampler` the children of an unsampled parent would be lost.
 */
export class ErrorTreeSampler implements Sampler {
  readonly #delegate: Sampler;
  readonly #decision: Decision;
  readonly #health: Health;

  constructor(delegate: Sampler, decision: Decision, health: Health) {
    this.#delegate = delegate;
    this.#decision = decision;
    this.#health = health;
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    try {
      const result = this.#delegate.shouldSample(context, traceId, name, kind, attributes, links);
      this.#decision.recordedForUs = result.decision === NOT_RECORD;
      if (result.decision !== NOT_RECORD) return result;
      // Nearly every span takes this path, and nearly every sampler returns nothing but its decision.
      return isBare(result) ? { decision: RECORD } : { ...result, decision: RECORD };
    } catch (error) {
      this.#health.failed("sampler", error);
      this.#decision.recordedForUs = true;
      return { decision: RECORD };
    }
  }

  /** True if a span that `start` starts comes to this sampler, which samples nothing meanwhile. */
  isAskedBy(start: () => void): boolean {
    let isAsked = false;
    this.shouldSample = () => {
      isAsked = true;
      return { decision: NOT_RECORD };
    };
    try {
      start();
    } finally {
      Reflect.deleteProperty(this, "shouldSample");
    }
    return isAsked;
  }

  toString(): string {
    return `ErrorTreeSampler{${this.#delegate.toString()}}`;
  }
}
