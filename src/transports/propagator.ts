// Wraps the user's propagator: leaves the note of an ask with the trace context, and finds the exchange of an incoming request.

import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { EXCHANGE_KEY, type Exchanges } from "../exchange.ts";
import type { Health } from "../health/health.ts";
import { registry } from "../registry.ts";
import { CLIENT } from "../spans/otel.ts";
import { HEADER_NAME } from "../wire/header.ts";
import type { Asks } from "./asks.ts";
import { isMetadata } from "./grpc/grpc-js.ts";
import { standBeforeRequests } from "./http2/request-guard.ts";
import { idOfTraceparent } from "./receive.ts";
import { isSentAtOnce, mayAskUnseen, namesAskable, SEES_REQUESTS } from "./unseen.ts";

const HTTP = "@opentelemetry/instrumentation-http";
const UNDICI = "@opentelemetry/instrumentation-undici";

/** Systems of RPC whose metadata are fields of HTTP: as older and newer semantic conventions call ConnectRPC. */
const OVER_HTTP: ReadonlySet<unknown> = new Set(["connect_rpc", "connectrpc"]);

/** What a propagator shares with the rest of its set-up. */
interface SetUp {
  /** Context key for the exchange that `extract` finds. @default EXCHANGE_KEY */
  readonly exchangeKey?: symbol;
  /** False if requests of node:http cannot be seen before their head is written. @default {@link SEES_REQUESTS} */
  readonly seesRequests?: boolean;
}

/** Wraps the user's propagator. What that one writes and reads stays as it is. */
export class ErrorTreePropagator implements TextMapPropagator {
  readonly #delegate: TextMapPropagator;
  readonly #exchanges: Exchanges;
  readonly #asks: Asks;
  readonly #health: Health;
  readonly #setUp: SetUp;

  constructor(
    delegate: TextMapPropagator,
    exchanges: Exchanges,
    asks: Asks,
    health: Health,
    setUp: SetUp = {},
  ) {
    this.#delegate = delegate;
    this.#exchanges = exchanges;
    this.#asks = asks;
    this.#health = health;
    this.#setUp = setUp;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      this.#delegate.inject(context, carrier, setter);
    } catch (error) {
      this.#health.failed("the wrapped propagator's inject", error);
    }
    try {
      const text = this.#textFor(context, carrier);
      // For node:http the value may be a list: the transport can empty a list when the request is over.
      if (text !== undefined) setter.set(carrier, HEADER_NAME, text as string);
    } catch (error) {
      this.#health.failed("inject", error);
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = context;
    try {
      extracted = this.#delegate.extract(context, carrier, getter);
    } catch (error) {
      this.#health.failed("the wrapped propagator's extract", error);
    }
    try {
      if (typeof carrier !== "object" || carrier === null) return extracted;
      const exchange = this.#exchanges.get(carrier);
      if (exchange === undefined) return extracted;
      const { first } = exchange;
      // The request came without a trace and was handed to another server of this process: its spans belong to the same trace.
      const isHandedOn = first !== undefined && trace.getSpanContext(extracted) === undefined;
      const within = isHandedOn ? trace.setSpanContext(extracted, first) : extracted;
      return within.setValue(this.#setUp.exchangeKey ?? EXCHANGE_KEY, exchange);
    } catch (error) {
      this.#health.failed("extract", error);
      return extracted;
    }
  }

  fields(): string[] {
    try {
      return [...this.#delegate.fields(), HEADER_NAME];
    } catch (error) {
      this.#health.failed("the wrapped propagator's fields", error);
      return [HEADER_NAME];
    }
  }

  /** The note of a recorded client span, or its ask if no transport will see the note. */
  #textFor(context: Context, carrier: unknown): string | string[] | undefined {
    const asks = this.#asks;
    if (!asks.isOpen || isTracingSuppressed(context)) return undefined;
    const span = trace.getSpan(context) as unknown as Partial<ReadableSpan> | undefined;
    if (span?.kind !== CLIENT || span.attributes === undefined || span.ended) return undefined;
    const { attributes } = span;
    const system = attributes["rpc.system.name"] ?? attributes["rpc.system"];
    if (system !== undefined && !OVER_HTTP.has(system)) {
      if (isMetadata(carrier))
        asks.announce(span as ReadableSpan, idOfTraceparent(carrier.get("traceparent")[0]));
      return undefined;
    }
    const scope = span.instrumentationScope?.name;
    if (scope === UNDICI) return asks.noteOf(span as ReadableSpan);
    const fields = carrier as object;
    if (!(this.#setUp.seesRequests ?? SEES_REQUESTS)) {
      if (!mayAskUnseen(attributes, fields, asks.hosts)) return undefined;
      if (scope !== HTTP) standBeforeRequests(registry());
      const ask = asks.askFor(span as ReadableSpan);
      return scope === HTTP ? [ask] : ask;
    }
    if (isSentAtOnce(fields)) return undefined;
    if (scope === HTTP) {
      // The request is made in this same turn. A field that is set and removed again makes node slower than all that we do.
      const { traceparent } = fields as { traceparent?: unknown };
      asks.announce(span as ReadableSpan, idOfTraceparent(traceparent));
      return undefined;
    }
    // It is not known where other instrumentations send their carriers: a note only if the span names a host that may be asked.
    if (!namesAskable(attributes, asks.hosts)) return undefined;
    standBeforeRequests(registry());
    return asks.noteOf(span as ReadableSpan);
  }
}
