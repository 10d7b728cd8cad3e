// Records every span, as the outermost sampler, and changes nothing that is propagated, but for a few good traces if they are wanted.

import type { Attributes, Context, Link, SpanKind, TraceState } from "@opentelemetry/api";
import type { Sampler, SamplingResult } from "@opentelemetry/sdk-trace";
import type { Health } from "../health/health.ts";
import { NOT_RECORD, RECORD, RECORD_AND_SAMPLED } from "../spans/otel.ts";

/** Tells the span processor, in the same synchronous tick, whether the span that starts is recorded only for us. */
export interface Decision {
  recordedForUs: boolean;
}

/** A span that is about to start, as a sampler sees it. */
export interface StartingSpan {
  readonly context: Context;
  readonly traceId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** Has some spans sampled that the user's own sampler does not sample. */
export interface Trickle {
  /** Attributes to add if the span is to be sampled; `undefined` if it is not. */
  takes(span: StartingSpan): Attributes | undefined;
}

function isBare({ attributes, traceState }: SamplingResult): boolean {
  if (traceState !== undefined) return false;
  for (const _ in attributes) return false;
  return true;
}

/** The result of a delegate, with the decision to sample. */
function sampled({ attributes, traceState }: SamplingResult, added: Attributes): SamplingResult {
  return {
    decision: RECORD_AND_SAMPLED,
    attributes: { ...attributes, ...added },
    ...(traceState === undefined ? undefined : { traceState: withoutThreshold(traceState) }),
  };
}

/**
 * Without the threshold of a consistent probability sampler: a backend would count the trace for the many that were not taken.
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/
 */
function withoutThreshold(traceState: TraceState): TraceState {
  const fields = traceState.get("ot")?.split(";");
  const left = fields?.filter((field) => !field.startsWith("th:"));
  if (fields === undefined || left === undefined || left.length === fields.length) return traceState;
  return left.length === 0 ? traceState.unset("ot") : traceState.set("ot", left.join(";"));
}

/**
 * Wraps the user's sampler and turns NOT_RECORD into RECORD; the sampled flag stays what the delegate made it, but for the
 * requests that a {@link Trickle} takes. Must be the outermost sampler: inside a `ParentBasedSampler` the children of an
 * unsampled parent would be lost.
 */
export class ErrorTreeSampler implements Sampler {
  readonly #delegate: Sampler;
  readonly #decision: Decision;
  readonly #health: Health;
  readonly #trickle: Trickle | undefined;

  constructor(delegate: Sampler, decision: Decision, health: Health, trickle?: Trickle) {
    this.#delegate = delegate;
    this.#decision = decision;
    this.#health = health;
    this.#trickle = trickle;
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
      if (this.#trickle !== undefined && result.decision !== RECORD_AND_SAMPLED) {
        const added = this.#trickle.takes({ context, traceId, name, kind, attributes });
        if (added !== undefined) {
          this.#decision.recordedForUs = false;
          return sampled(result, added);
        }
      }
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
