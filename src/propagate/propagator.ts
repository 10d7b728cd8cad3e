// The propagator: writes the ask beside the trace context, and finds the exchange of an incoming request again.
import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { askSuffix, formatAsk, HEADER_NAME } from "../codec/header.ts";
import type { KeyRing } from "../codec/key/key-ring.ts";
import { EXCHANGE_KEY, type Exchange, type Health } from "../model/ports.ts";
import { UNKNOWN_SERVICE } from "../model/tree.ts";
import type { AskableHosts } from "./trust.ts";

const CLIENT = 2;

/** What a propagator shares with the rest of its set-up. */
interface SetUp {
  /** Context key under which the exchange goes that `extract` finds. @default EXCHANGE_KEY */
  readonly exchangeKey?: symbol;
  /** False from the shutdown on. @default always true */
  readonly mayAsk?: () => boolean;
}

/** Wraps the user's propagator; what that one writes and reads stays as it is. */
export class ErrorTreePropagator implements TextMapPropagator {
  readonly #delegate: TextMapPropagator;
  readonly #exchanges: WeakMap<object, Exchange>;
  readonly #hosts: AskableHosts;
  readonly #health: Health;
  readonly #keys: KeyRing | undefined;
  readonly #setUp: SetUp;
  #service: string | undefined;
  #key: string | undefined;
  #suffix = askSuffix(UNKNOWN_SERVICE);

  /** `keys` where a secret is set: every ask then carries the key of the window. */
  constructor(
    delegate: TextMapPropagator,
    exchanges: WeakMap<object, Exchange>,
    hosts: AskableHosts,
    health: Health,
    keys?: KeyRing,
    setUp: SetUp = {},
  ) {
    this.#delegate = delegate;
    this.#exchanges = exchanges;
    this.#hosts = hosts;
    this.#health = health;
    this.#keys = keys;
    this.#setUp = setUp;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      this.#delegate.inject(context, carrier, setter);
    } catch (error) {
      this.#health.failed("the wrapped propagator's inject", error);
    }
    try {
      const ask = this.#ask(context);
      if (ask !== undefined && !isSentAtOnce(carrier)) setter.set(carrier, HEADER_NAME, ask);
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
      // Another server of this process was handed a request that came without a trace: its spans belong to the same one.
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

  /** The ask of a recorded HTTP client span towards a host that may be asked. */
  #ask(context: Context): string | undefined {
    if (isTracingSuppressed(context) || this.#setUp.mayAsk?.() === false) return undefined;
    const span = trace.getSpan(context) as unknown as Partial<ReadableSpan> | undefined;
    if (span?.kind !== CLIENT || span.attributes === undefined || span.ended) return undefined;
    const { attributes } = span;
    if (attributes["rpc.system"] !== undefined || attributes["rpc.system.name"] !== undefined)
      return undefined;
    const host = attributes["server.address"] ?? attributes["net.peer.name"];
    if (typeof host !== "string" || !this.#hosts.has(host)) return undefined;
    const service = span.resource?.attributes["service.name"];
    const key = this.#keys?.signed();
    if (service !== this.#service || key !== this.#key) {
      this.#service = typeof service === "string" ? service : undefined;
      this.#key = key;
      this.#suffix = askSuffix(this.#service ?? UNKNOWN_SERVICE, key);
    }
    return formatAsk((span as ReadableSpan).spanContext().spanId, this.#suffix);
  }
}

/**
 * With `Expect`, node:http writes the head before anybody gets to see where it goes: beyond a forward proxy it would be too
 * late to take an ask off.
 */
function isSentAtOnce(carrier: unknown): boolean {
  for (const name in carrier as object) if (name.length === 6 && name.toLowerCase() === "expect") return true;
  return false;
}
