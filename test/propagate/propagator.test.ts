// What our propagator writes beside the user's, on which spans and towards whom, and what it reads.
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapPropagator,
  trace,
} from "@opentelemetry/api";
import { suppressTracing, W3CTraceContextPropagator } from "@opentelemetry/core";
import { AlwaysOffSampler, AlwaysOnSampler, type Sampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { parseAsk } from "../../src/codec/header.ts";
import { KeyRing, WINDOW_MS } from "../../src/codec/key/key-ring.ts";
import { ErrorTreeSampler } from "../../src/collect/sampler.ts";
import { HealthCounts } from "../../src/health.ts";
import { EXCHANGE_KEY, type Exchange } from "../../src/model/ports.ts";
import { ErrorTreePropagator } from "../../src/propagate/propagator.ts";
import { AskableHosts } from "../../src/propagate/trust.ts";
import { FakeExchange, ManualClock } from "../support/sdk.ts";

const NAMES = ["x-error-tree"];

function setUp(options: { delegate?: TextMapPropagator; sampler?: Sampler; keys?: KeyRing } = {}): {
  propagator: ErrorTreePropagator;
  exchanges: WeakMap<object, Exchange>;
  injected(kind: SpanKind, attributes: Attributes, end?: boolean): Record<string, string>;
  span(kind: SpanKind, attributes: Attributes): Context;
} {
  const exchanges = new WeakMap<object, Exchange>();
  const health = new HealthCounts();
  const delegate = options.delegate ?? new W3CTraceContextPropagator();
  const propagator = new ErrorTreePropagator(delegate, exchanges, new AskableHosts(), health, options.keys);
  const sampler = new ErrorTreeSampler(
    options.sampler ?? new AlwaysOffSampler(),
    { recordedForUs: false },
    health,
  );
  const tracer = new TracerProvider({ sampler }).getTracer("test");
  const span = (kind: SpanKind, attributes: Attributes): Context =>
    trace.setSpan(ROOT_CONTEXT, tracer.startSpan("GET", { kind, attributes }, ROOT_CONTEXT));
  return {
    propagator,
    exchanges,
    span,
    injected(kind, attributes, end = false) {
      const context = span(kind, attributes);
      if (end) trace.getSpan(context)?.end();
      const carrier: Record<string, string> = {};
      propagator.inject(context, carrier, defaultTextMapSetter);
      return carrier;
    },
  };
}

const INSIDE = { "server.address": "payment" };

describe("inject", () => {
  test("writes the ask of a client span beside what the user's propagator writes", () => {
    const { propagator, span } = setUp();
    const context = span(SpanKind.CLIENT, INSIDE);
    const carrier: Record<string, string> = {};
    propagator.inject(context, carrier, defaultTextMapSetter);
    const { spanId, traceId } = trace.getSpanContext(context) as { spanId: string; traceId: string };
    expect(carrier.traceparent).toBe(`00-${traceId}-${spanId}-00`);
    expect(parseAsk(carrier["x-error-tree"] as string)).toMatchObject({ id: spanId, json: false });
  });

  test.each([
    ["off", new AlwaysOffSampler(), "00"],
    ["on", new AlwaysOnSampler(), "01"],
  ] as const)("leaves the flag of traceparent what a sampler that is always %s said", (_, sampler, flag) => {
    expect(setUp({ sampler }).injected(SpanKind.CLIENT, INSIDE).traceparent).toMatch(new RegExp(`-${flag}$`));
  });

  test("writes the key of the window where a secret is set, and only towards hosts that may be asked", () => {
    const clock = new ManualClock();
    const keys = new KeyRing([{ keyId: "k1", secret: "0123456789abcdef0123456789abcdef" }], clock);
    const { injected } = setUp({ keys });
    const keyOf = (attributes: Attributes): string | undefined => {
      const value = injected(SpanKind.CLIENT, attributes)["x-error-tree"];
      return value === undefined ? undefined : parseAsk(value)?.key;
    };
    const first = keyOf(INSIDE);
    expect(first).toMatch(/^k1:[\w-]{22}$/);
    expect(first).toBe(keys.signed());
    expect(keyOf(INSIDE)).toBe(first);
    clock.advance(WINDOW_MS);
    expect(keyOf(INSIDE)).toBe(keys.signed());
    expect(keys.signed()).not.toBe(first);
    for (const host of ["api.example.com", "8.8.8.8", "payment.internal.example.com"]) {
      expect(injected(SpanKind.CLIENT, { "server.address": host })).not.toHaveProperty(NAMES);
    }
  });

  test("asks by the older name of the host, too", () => {
    expect(setUp().injected(SpanKind.CLIENT, { "net.peer.name": "payment" })).toHaveProperty(NAMES);
  });

  test.each<[string, SpanKind, Attributes]>([
    ["a producer", SpanKind.PRODUCER, INSIDE],
    ["an inner span", SpanKind.INTERNAL, INSIDE],
    ["a server span", SpanKind.SERVER, INSIDE],
    ["a call to a host outside", SpanKind.CLIENT, { "server.address": "api.example.com" }],
    ["a call to nobody knows whom", SpanKind.CLIENT, {}],
    ["a gRPC call", SpanKind.CLIENT, { ...INSIDE, "rpc.system": "grpc" }],
    ["a gRPC call by the newer name", SpanKind.CLIENT, { ...INSIDE, "rpc.system.name": "grpc" }],
  ])("asks not on %s", (_, kind, attributes) => {
    expect(setUp().injected(kind, attributes)).not.toHaveProperty(NAMES);
  });

  test("asks not on a span that has ended", () => {
    expect(setUp().injected(SpanKind.CLIENT, INSIDE, true)).not.toHaveProperty(NAMES);
  });

  test("asks not where tracing is suppressed, without a span, or on a span that is not recorded", () => {
    const { propagator, span } = setUp();
    const foreign = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      traceFlags: 1,
    });
    for (const context of [suppressTracing(span(SpanKind.CLIENT, INSIDE)), ROOT_CONTEXT, foreign]) {
      const carrier: Record<string, string> = {};
      propagator.inject(context, carrier, defaultTextMapSetter);
      expect(carrier).not.toHaveProperty(NAMES);
    }
  });

  test("a service name with quotes and controls in it makes an ask that can be read", () => {
    const { propagator, span } = setUp();
    const context = span(SpanKind.CLIENT, INSIDE);
    Object.defineProperty(trace.getSpan(context), "resource", {
      value: { attributes: { "service.name": 'sh"op\\ \r\nx: 1 é' } },
    });
    const carrier: Record<string, string> = {};
    propagator.inject(context, carrier, defaultTextMapSetter);
    const value = carrier["x-error-tree"] as string;
    expect(value).toMatch(/^[\x20-\x7e]+$/);
    expect(parseAsk(value)?.id).toBe(trace.getSpanContext(context)?.spanId);
  });
});

describe("extract", () => {
  test("leaves the exchange of a request in the context, beside what the user's propagator reads", () => {
    const { propagator, exchanges } = setUp();
    const headers = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00" };
    const exchange = new FakeExchange();
    exchanges.set(headers, exchange);
    const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    expect(context.getValue(EXCHANGE_KEY)).toBe(exchange);
    expect(trace.getSpanContext(context)).toMatchObject({
      spanId: "00f067aa0ba902b7",
      traceFlags: 0,
      isRemote: true,
    });
  });

  test.each([[{}], [{ traceparent: "x" }], [null], [undefined], ["text"], [7]])(
    "of %j that belongs to no request of ours changes nothing",
    (carrier) => {
      const { propagator } = setUp({ delegate: { inject: () => {}, extract: (c) => c, fields: () => [] } });
      expect(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)).toBe(ROOT_CONTEXT);
    },
  );
});

test("fields are the user's and ours", () => {
  expect(setUp().propagator.fields()).toEqual(["traceparent", "tracestate", "x-error-tree"]);
});
