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
import { EXCHANGE_KEY, type Exchange } from "../../src/exchange.ts";
import { ErrorTreeSampler } from "../../src/fragments/sampler.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { Asks } from "../../src/transports/asks.ts";
import { ErrorTreePropagator } from "../../src/transports/propagator.ts";
import { idOfTraceparent } from "../../src/transports/receive.ts";
import { seesRequests } from "../../src/transports/unseen.ts";
import { KeyRing, WINDOW_MS } from "../../src/trust/key-ring.ts";
import { AskableHosts } from "../../src/trust/trust.ts";
import { parseAsk } from "../../src/wire/header.ts";
import { FakeExchange, ManualClock } from "../support/sdk.ts";

const NAMES = ["x-error-tree"];

interface Wishes {
  readonly delegate?: TextMapPropagator;
  readonly sampler?: Sampler;
  readonly keys?: KeyRing;
  readonly seesRequests?: boolean;
  /** The instrumentation. */
  readonly scope?: string;
}

function setUp(options: Wishes = {}): {
  propagator: ErrorTreePropagator;
  asks: Asks;
  exchanges: WeakMap<object, Exchange>;
  injected(
    kind: SpanKind,
    attributes: Attributes,
    end?: boolean,
    fields?: Record<string, string>,
  ): Record<string, string>;
  span(kind: SpanKind, attributes: Attributes): Context;
} {
  const exchanges = new WeakMap<object, Exchange>();
  const health = new HealthCounts();
  const delegate = options.delegate ?? new W3CTraceContextPropagator();
  const asks = new Asks(new AskableHosts(), options.keys);
  const propagator = new ErrorTreePropagator(delegate, exchanges, asks, health, {
    seesRequests: options.seesRequests ?? true,
  });
  const sampler = new ErrorTreeSampler(
    options.sampler ?? new AlwaysOffSampler(),
    { recordedForUs: false },
    health,
  );
  const tracer = new TracerProvider({ sampler }).getTracer(options.scope ?? "test");
  const span = (kind: SpanKind, attributes: Attributes): Context =>
    trace.setSpan(ROOT_CONTEXT, tracer.startSpan("GET", { kind, attributes }, ROOT_CONTEXT));
  return {
    propagator,
    asks,
    exchanges,
    span,
    injected(kind, attributes, end = false, fields = {}) {
      const context = span(kind, attributes);
      if (end) trace.getSpan(context)?.end();
      const carrier: Record<string, string> = { ...fields };
      propagator.inject(context, carrier, defaultTextMapSetter);
      return carrier;
    },
  };
}

const SECRET = "0123456789abcdef0123456789abcdef";
const INSIDE = { "server.address": "payment" };

describe("inject", () => {
  test("leaves the note of a client span beside what the user's propagator writes", () => {
    const { propagator, span, asks } = setUp();
    const context = span(SpanKind.CLIENT, INSIDE);
    const carrier: Record<string, string> = {};
    propagator.inject(context, carrier, defaultTextMapSetter);
    const { spanId, traceId } = trace.getSpanContext(context) as { spanId: string; traceId: string };
    expect(carrier.traceparent).toBe(`00-${traceId}-${spanId}-00`);
    expect(asks.idIn(carrier["x-error-tree"])).toBe(spanId);
    expect(parseAsk(asks.askOf(spanId))).toMatchObject({ id: spanId, json: false });
  });

  test("a note shows nothing of a secret, is no ask, and another set-up does not know it", () => {
    const keys = new KeyRing([{ keyId: "k1", secret: SECRET }], new ManualClock());
    const note = setUp({ keys }).injected(SpanKind.CLIENT, INSIDE)["x-error-tree"] as string;
    expect(note).toMatch(/^[0-9a-f]{40}$/);
    expect(parseAsk(note)).toBeUndefined();
    expect(setUp({ keys }).asks.idIn(note)).toBeUndefined();
  });

  test.each([
    ["off", new AlwaysOffSampler(), "00"],
    ["on", new AlwaysOnSampler(), "01"],
  ] as const)("leaves the flag of traceparent what a sampler that is always %s said", (_, sampler, flag) => {
    expect(setUp({ sampler }).injected(SpanKind.CLIENT, INSIDE).traceparent).toMatch(new RegExp(`-${flag}$`));
  });

  test("the ask has the key of the window at the moment when it is written", () => {
    const clock = new ManualClock();
    const keys = new KeyRing([{ keyId: "k1", secret: SECRET }], clock);
    const { asks, injected } = setUp({ keys });
    const id = asks.idIn(injected(SpanKind.CLIENT, INSIDE)["x-error-tree"]) as string;
    const keyOf = (): string | undefined => parseAsk(asks.askOf(id))?.key;
    const first = keyOf();
    expect(first).toMatch(/^k1:[\w-]{22}$/);
    expect(first).toBe(keys.signed());
    expect(keyOf()).toBe(first);
    clock.advance(WINDOW_MS);
    expect(keyOf()).toBe(keys.signed());
    expect(keys.signed()).not.toBe(first);
  });

  test.each(["api.example.com", "8.8.8.8", "payment.internal.example.com", "2a00", ""])(
    "leaves none to %j by an instrumentation whose transport is not known",
    (host) => {
      expect(setUp().injected(SpanKind.CLIENT, { "server.address": host })).not.toHaveProperty(NAMES);
    },
  );

  test("leaves one by the instrumentation of undici whatever the span says: its transport decides", () => {
    const { asks, injected } = setUp({ scope: "@opentelemetry/instrumentation-undici" });
    const note = injected(SpanKind.CLIENT, { "server.address": "api.example.com" })["x-error-tree"];
    expect(asks.idIn(note)).toMatch(/^[0-9a-f]{16}$/);
  });

  test("leaves none by the instrumentation of node:http, whatever the span says: it announces the call", () => {
    const { asks, injected } = setUp({ scope: "@opentelemetry/instrumentation-http" });
    const fields = injected(SpanKind.CLIENT, { "server.address": "api.example.com" });
    expect(fields).not.toHaveProperty(NAMES);
    const id = idOfTraceparent(fields.traceparent);
    const take = (spanId: string | undefined): boolean => asks.takeAnnounced(spanId, "bySent");
    expect([take("00f067aa0ba902b7"), take(undefined), asks.takeAnnounced(id, "byContext")]).toEqual([
      false,
      false,
      false,
    ]);
    expect([take(id), take(id)]).toEqual([true, false]);
  });

  test("calls that were announced and never made are forgotten, the oldest first", () => {
    const { asks, injected } = setUp({ scope: "@opentelemetry/instrumentation-http" });
    const ids = Array.from({ length: 9 }, () =>
      idOfTraceparent(injected(SpanKind.CLIENT, INSIDE).traceparent),
    );
    expect(ids.map((id) => asks.takeAnnounced(id, "bySent"))).toEqual([false, ...Array(8).fill(true)]);
  });

  test("leaves none once asking has stopped", () => {
    const { asks, injected } = setUp({ scope: "@opentelemetry/instrumentation-undici" });
    asks.close();
    expect(injected(SpanKind.CLIENT, INSIDE)).not.toHaveProperty(NAMES);
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
    ["a call of AWS", SpanKind.CLIENT, { ...INSIDE, "rpc.system": "aws-api" }],
  ])("asks not on %s", (_, kind, attributes) => {
    expect(setUp().injected(kind, attributes)).not.toHaveProperty(NAMES);
  });

  test.each([{ "rpc.system": "connect_rpc" }, { "rpc.system.name": "connectrpc" }])(
    "asks by a call of ConnectRPC, whose metadata are fields of HTTP: %o",
    (attributes) => {
      expect(setUp().injected(SpanKind.CLIENT, { ...INSIDE, ...attributes })).toHaveProperty(NAMES);
    },
  );

  test("asks not on a span that has ended", () => {
    expect(setUp().injected(SpanKind.CLIENT, INSIDE, true)).not.toHaveProperty(NAMES);
  });

  test("asks nobody if tracing is suppressed, without a span, or on a span that is not recorded", () => {
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
    const { propagator, span, asks } = setUp();
    const context = span(SpanKind.CLIENT, INSIDE);
    Object.defineProperty(trace.getSpan(context), "resource", {
      value: { attributes: { "service.name": 'sh"op\\ \r\nx: 1 é' } },
    });
    const carrier: Record<string, string> = {};
    propagator.inject(context, carrier, defaultTextMapSetter);
    const value = asks.askOf(asks.idIn(carrier["x-error-tree"]) as string);
    expect(value).toMatch(/^[\x20-\x7e]+$/);
    expect(parseAsk(value)?.id).toBe(trace.getSpanContext(context)?.spanId);
  });
});

describe("inject, when no transport shows a request before its head is written,", () => {
  const address = "payment";
  const unseen = (
    scope: string,
    attributes: Attributes,
    fields: Record<string, string> = {},
  ): string | undefined => {
    const { injected } = setUp({ scope, seesRequests: false });
    // A list, which node:http takes: it is emptied once the request is over.
    return injected(SpanKind.CLIENT, attributes, false, fields)["x-error-tree"]?.toString();
  };
  const http = "@opentelemetry/instrumentation-http";

  test.each<[string, Attributes, Record<string, string>?]>([
    ["a name", { "server.address": address, "url.full": "http://payment/pay?id=7" }],
    ["a port", { "server.address": address, "url.full": "http://payment:3000/pay" }],
    ["nothing behind the host", { "server.address": address, "url.full": "http://payment" }],
    ["a user", { "server.address": address, "url.full": "http://REDACTED:REDACTED@payment/" }],
    ["older names", { "net.peer.name": address, "http.url": "https://payment/" }],
    ["an address", { "server.address": "::1", "url.full": "http://[::1]:3000/" }],
    ["no URL", { "server.address": address }],
    ["a Host", { "server.address": "10.0.0.1", "url.full": "http://10.0.0.1/" }, { Host: "payment:80" }],
  ])("writes the ask if all agree: %s", (_, attributes, fields) => {
    expect(parseAsk(unseen(http, attributes, fields) ?? "")).toMatchObject({ json: false });
  });

  test.each<[string, Attributes, Record<string, string>?]>([
    ["an address cut at a colon", { "server.address": "2a00", "url.full": "http://2a00:1450::1/" }],
    ["one that looks like a port", { "server.address": "fd00", "url.full": "http://fd00:1::1/" }],
    ["one that begins with a colon", { "server.address": "localhost", "url.full": "http://::ffff:8.8.8.8/" }],
    ["another host in the URL", { "server.address": address, "url.full": "http://api.example.com/" }],
    ["a user who is a host", { "server.address": address, "url.full": "http://payment@api.example.com/" }],
    [
      "a whole URL as path",
      { "server.address": "10.0.0.1", "url.full": "http://10.0.0.1:80http://a.example/" },
    ],
    [
      "another Host",
      { "server.address": address, "url.full": "http://payment/" },
      { Host: "api.example.com" },
    ],
    ["a Host with a user", { "server.address": address }, { host: "payment@api.example.com" }],
    ["Expect", { "server.address": address }, { Expect: "100-continue" }],
    ["an upgrade", { "server.address": address }, { Upgrade: "websocket" }],
    ["a large head", { "server.address": address }, { cookie: "x".repeat(15_500) }],
  ])("writes none on doubt: %s", (_, attributes, fields) => {
    expect(unseen(http, attributes, fields)).toBeUndefined();
  });

  test("writes no ask to a port at which asking has stopped, and goes on at other ports", () => {
    const { asks, injected } = setUp({ scope: http, seesRequests: false });
    asks.hosts.stop("payment:3000");
    const asked = ["http://payment:3000/", "http://payment:3001/", "http://payment/"].map(
      (url) => injected(SpanKind.CLIENT, { "server.address": address, "url.full": url })["x-error-tree"],
    );
    expect(asked.map((ask) => ask !== undefined)).toEqual([false, true, true]);
  });

  test("leaves a note to undici, which shows its requests everywhere", () => {
    expect(unseen("@opentelemetry/instrumentation-undici", INSIDE)).toMatch(/^[0-9a-f]{40}$/);
  });

  test.each<[Record<string, string>, boolean]>([
    [{ node: "20.20.2" }, false],
    [{ node: "22.11.0" }, false],
    [{ node: "22.12.0" }, true],
    [{ node: "23.1.0" }, false],
    [{ node: "23.2.0" }, true],
    [{ node: "24.0.0" }, true],
    [{ node: "24.3.0", bun: "1.3.0" }, false],
    [{ node: "24.3.0", deno: "2.9.6" }, false],
    [{}, false],
  ])("as %j does", (versions, sees) => {
    expect(seesRequests(versions)).toBe(sees);
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
