// Lets the head sampler take one request of each operation now and then, so that a failing request can be compared with a good one.
import { type Attributes, trace } from "@opentelemetry/api";
import type { Span } from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import { TokenBucket } from "../export/limit/token-bucket.ts";
import type { StartingSpan, Trickle } from "../fragments/sampler.ts";
import type { Health } from "../health/health.ts";
import { GOOD_TRACE } from "../spans/good-trace.ts";
import { nameText } from "../spans/name-text.ts";
import { operationOf } from "../spans/operation.ts";
import { CONSUMER, INTERNAL, SAMPLED, SERVER, SPAN_KINDS } from "../spans/otel.ts";
import { KnownOperations, type Operation } from "./known-operations.ts";
import { shapeOf, withoutIds } from "./request-shape.ts";

/** Most requests that a process takes in a minute, over all operations; as many at once. */
export const MOST_PER_MINUTE = 10;
/** The same for requests of operations of which the last one taken was not good: they take nothing from the others. */
export const MOST_RETRIES_PER_MINUTE = 5;
/** Requests that were taken and have not ended. Of further ones the oldest is forgotten; it is exported all the same. */
export const MOST_TAKEN = 64;

const MINUTE_MS = 60_000;

/** A request that ended. */
export interface EndedRequest {
  /** Its first span. */
  readonly span: Span;
  /** Its route, if the attributes do not have it. */
  readonly route: string | undefined;
  /** The request itself did not fail. */
  readonly hasGoneWell: boolean;
}

/** What is added to the root span of a request that is taken, and to the spans beneath it in this service. */
const OF_ROOT: Attributes = { [GOOD_TRACE]: true };
const OF_OTHERS: Attributes = {};

/**
 * Takes requests that begin a trace in this process. The sampled flag then travels with them, and each service exports its spans
 * as those of any trace that a head sampler took.
 *
 * The route of a request is not known when it begins. So of those that go well it is remembered what they looked like then, and one is
 * taken only if another one that looked the same has gone well before: nobody gets paths sampled that he made up.
 */
export class GoodTraces implements Trickle {
  readonly #everyMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #health: Pick<Health, "failed">;
  readonly #operations: KnownOperations;
  readonly #firsts = new TokenBucket(MOST_PER_MINUTE, MINUTE_MS, MOST_PER_MINUTE);
  readonly #retries = new TokenBucket(MOST_RETRIES_PER_MINUTE, MINUTE_MS, MOST_RETRIES_PER_MINUTE);
  #refilled: number;
  /** The operation for which a request was taken, by trace id. */
  readonly #taken = new Map<string, Operation>();
  /** The shape of the root span that starts in this synchronous tick. */
  #starting = { traceId: "", shape: "" };
  readonly #shapes = new WeakMap<Span, string>();

  /** @param everyMs - time between two good traces of an operation, in milliseconds */
  constructor(everyMs: number, clock: Pick<Clock, "monotonic">, health: Pick<Health, "failed">) {
    this.#everyMs = everyMs;
    this.#clock = clock;
    this.#health = health;
    this.#operations = new KnownOperations(everyMs);
    this.#refilled = clock.monotonic();
  }

  /** How much is remembered. */
  get size(): { readonly operations: number; readonly shapes: number; readonly taken: number } {
    return { ...this.#operations.size, taken: this.#taken.size };
  }

  takes({ context, traceId, name, kind, attributes }: StartingSpan): Attributes | undefined {
    const parent = trace.getSpanContext(context);
    if (parent !== undefined) {
      // A sampler that does not ask its parent would leave holes in the trace.
      const isBeneath = (parent.traceFlags & SAMPLED) !== 0 && parent.isRemote !== true;
      return isBeneath && this.#taken.has(traceId) ? OF_OTHERS : undefined;
    }
    if (kind !== SERVER && kind !== CONSUMER && kind !== INTERNAL) return undefined;
    const shape = shapeOf(kind, name, attributes);
    this.#starting = { traceId, shape };
    const operation = this.#operations.ofShape(shape);
    if (operation === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (!operation.isDue(now) || !this.#hasRoomFor(operation, now)) return undefined;
    operation.served(now, this.#everyMs);
    this.#remember(traceId, operation);
    return OF_ROOT;
  }

  /** A request's first span has started; in the same synchronous tick in which the sampler was asked. */
  started(span: Span): void {
    const { traceId, shape } = this.#starting;
    if (span.parentSpanContext === undefined && span.spanContext().traceId === traceId) {
      this.#shapes.set(span, shape);
    }
  }

  /** A request has ended. Never throws. */
  ended(request: EndedRequest): void {
    try {
      this.#ended(request);
    } catch (error) {
      this.#health.failed("good traces", error);
    }
  }

  #ended({ span, route, hasGoneWell }: EndedRequest): void {
    if (span.parentSpanContext !== undefined) return;
    const { traceId, traceFlags } = span.spanContext();
    const supposed = this.#taken.get(traceId);
    this.#taken.delete(traceId);
    const now = this.#clock.monotonic();
    let operation: Operation | undefined;
    if (hasGoneWell) {
      const { kind, name, attributes } = span;
      // Without ids: span names of some programs have them.
      const named = withoutIds(
        operationOf({ kind: SPAN_KINDS[kind] ?? "internal", name: nameText(name), attributes, route }),
      );
      const shape = this.#shapes.get(span);
      operation =
        shape === undefined ? this.#operations.named(named) : this.#operations.learn(named, shape, now);
      // Also if the user's own sampler took it: no other one is needed.
      if ((traceFlags & SAMPLED) !== 0) operation?.succeeded(now, this.#everyMs);
    }
    if (supposed !== operation) supposed?.missed(now, this.#everyMs);
  }

  #hasRoomFor(operation: Operation, now: number): boolean {
    this.#firsts.refill(now - this.#refilled);
    this.#retries.refill(now - this.#refilled);
    this.#refilled = now;
    return (operation.isRetried ? this.#retries : this.#firsts).take();
  }

  #remember(traceId: string, operation: Operation): void {
    if (this.#taken.size >= MOST_TAKEN) {
      const [oldest = ""] = this.#taken.keys();
      this.#taken.delete(oldest);
    }
    this.#taken.set(traceId, operation);
  }
}
