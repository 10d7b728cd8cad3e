// Finds out why a set-up gets no spans: each mistake is recognised by what it does, and has its own remedy.
import { Server } from "node:http";
import { type ProxyTracerProvider, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import type { Exchange, Exchanges } from "../exchange.ts";
import { HEADER_NAME } from "../wire/header.ts";
import { HTTP, type Instrumentations } from "./patch-http.ts";

/** The parts of a set-up that show whether it is in use. */
export interface SetUpUnderTest {
  /** Each says whether a span that is started there comes to it. */
  readonly samplers: readonly { isAskedBy(start: () => void): boolean }[];
  /** Where its propagator finds requests, and under which key it puts them into the context. */
  readonly exchanges: Exchanges;
  readonly exchangeKey: symbol;
  /** Names of the instrumentations in its configuration; `undefined` if others configured the SDK. */
  readonly instrumentations: readonly string[] | undefined;
}

const ADD_HTTP = `npm install ${HTTP}, and add new HttpInstrumentation() to them`;
const LOAD_FIRST =
  "start with `node --import otel-error-tree/register app.js`, or have it patched right behind sdk.start(), by " +
  'process.getBuiltinModule("node:http")';

/** The names of the instrumentations in a configuration. */
export function namesOf(instrumentations: Instrumentations | undefined): string[] {
  return (instrumentations ?? []).flat().flatMap((one) => {
    const name: unknown = one?.instrumentationName;
    return typeof name === "string" ? [name] : [];
  });
}

/** The mistake and its remedy; `undefined` if the set-up would get the spans of requests. */
export function whyNoSpans(setUp: SetUpUnderTest): string | undefined {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  const isProxy = provider.getDelegateTracer !== undefined;
  if (isProxy && provider.getDelegateTracer?.("otel-error-tree") === undefined) {
    return "no OpenTelemetry SDK is running. Call sdk.start() before the server listens";
  }
  if (!isSampling(setUp)) return notInUse(setUp, isProxy ? provider.getDelegate?.() : provider);
  if (isPatched(Server.prototype.emit)) return undefined;
  return `HTTP instrumentation is not active: ${inactive(setUp.instrumentations)}`;
}

/** True if spans of the global tracer provider come to us. If it is another one, the span that it starts never ends. */
function isSampling({ samplers }: SetUpUnderTest): boolean {
  const start = (): void => {
    trace.getTracer("otel-error-tree").startSpan("set-up", { root: true }, ROOT_CONTEXT);
  };
  return samplers.some((sampler) => sampler.isAskedBy(start));
}

/** True if the global propagator is ours. */
function isPropagating({ exchanges, exchangeKey }: SetUpUnderTest): boolean {
  const request = {};
  const exchange: Exchange = {
    ask: undefined,
    fragment: undefined,
    first: undefined,
    responseEnd: () => "finished",
    release: () => {},
  };
  exchanges.set(request, exchange);
  return propagation.extract(ROOT_CONTEXT, request).getValue(exchangeKey) === exchange;
}

/** A tracer provider runs, and its spans do not come to us. */
function notInUse(setUp: SetUpUnderTest, running: object | undefined): string {
  if (!isPropagating(setUp) && propagation.fields().includes(HEADER_NAME)) {
    return (
      "this set-up of otel-error-tree is not in use, because another one was registered first in this process. Remove one " +
      "of them: --import otel-error-tree/register needs no withErrorTree beside it"
    );
  }
  // Bundlers add a number to a name that is there twice.
  const name = (running?.constructor.name ?? "").replace(/\$\d+$/, "");
  const whose = name === "" || name === "Object" ? "" : ` (${name})`;
  return (
    `this set-up is not in use, because another tracer provider${whose} was registered first, or NodeSDK was not given what ` +
    "withErrorTree returned. Start this one before the other SDK, or give that SDK its parts (docs/existing-sdk.md)"
  );
}

/** Spans would come to us, and nobody starts one for a request. */
function inactive(instrumentations: readonly string[] | undefined): string {
  if (instrumentations === undefined) {
    return `HttpInstrumentation is not among the instrumentations (${ADD_HTTP}), or node:http was loaded before it: ${LOAD_FIRST}`;
  }
  return instrumentations.includes(HTTP)
    ? `HttpInstrumentation was not enabled yet when withErrorTree was called, and an ES module imported node:http. To mend it, ${LOAD_FIRST}`
    : `HttpInstrumentation is not among the instrumentations of the SDK. To mend it, ${ADD_HTTP}`;
}

/** True for a function that an instrumentation of OpenTelemetry has wrapped. */
function isPatched(method: unknown): boolean {
  return (method as { __wrapped?: unknown }).__wrapped === true;
}
