// The parts as setup joins them, each of them replaceable, with a real NodeSDK and the stock instrumentations around them.

import type { TextMapPropagator } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { GrpcInstrumentation } from "@opentelemetry/instrumentation-grpc";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import type { NodeSDK, NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler, type Sampler, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { expect, onTestFinished } from "vitest";
import type { Exchange } from "../../src/exchange.ts";
import { ForcedExport } from "../../src/export/forced-export.ts";
import {
  ErrorTreeSpanProcessor,
  RecordedForUs,
  WrappedSpanProcessor,
} from "../../src/fragments/processor.ts";
import { type Decision, ErrorTreeSampler } from "../../src/fragments/sampler.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { resolveOptions } from "../../src/options/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { announce } from "../../src/program/active.ts";
import { runningSetUp } from "../../src/setup/running.ts";
import { Asks } from "../../src/transports/asks.ts";
import { observeGrpc } from "../../src/transports/grpc/observe.ts";
import type { ClientHooks } from "../../src/transports/hooks.ts";
import { cancelledInBody, observeHttpClients } from "../../src/transports/http/client.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import { observeHttp2Clients } from "../../src/transports/http2/client.ts";
import { observeHttp2Servers } from "../../src/transports/http2/server.ts";
import { Messages } from "../../src/transports/messaging/messages.ts";
import { ErrorTreePropagator } from "../../src/transports/propagator.ts";
import { trailerReader } from "../../src/transports/receive.ts";
import { observeUndici } from "../../src/transports/undici/client.ts";
import { createRedactor } from "../../src/tree/redact-node.ts";
import type { KeyRing } from "../../src/trust/key-ring.ts";
import { AskableHosts, type Trust } from "../../src/trust/trust.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { AnswerCodec } from "../../src/wire/messages.ts";
import { disableGlobals, KeptSpans, ManualClock } from "./sdk.ts";
import { startNodeSdk } from "./start-sdk.ts";
import { trusting } from "./trust.ts";

/** One instance per process: what `require` has loaded once is patched once. */
const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()];

/** Starts a NodeSDK with the stock instrumentations, until the test has finished. */
export function startSdk(configuration: Partial<NodeSDKConfiguration>): NodeSDK {
  const sdk = startNodeSdk({ serviceName: "shop", instrumentations, ...configuration });
  onTestFinished(async () => {
    try {
      await sdk.shutdown();
    } catch {
      // Some tests break the shutdown on purpose.
    }
    disableGlobals();
  });
  return sdk;
}

/** What a test replaces. */
export interface Replacements {
  readonly sampler?: Sampler;
  readonly propagator?: TextMapPropagator;
  readonly exchanges?: WeakMap<object, Exchange>;
  readonly hosts?: AskableHosts;
  readonly keys?: KeyRing;
  readonly codec?: AnswerCodec;
  readonly trust?: Trust;
  readonly exporter?: KeptSpans;
  /** The pipeline as the server side of the transport sees it. */
  readonly hooks?: (pipeline: Pipeline) => Pipeline;
  /** The calls as the client sides see them. */
  readonly calls?: (calls: ClientHooks) => ClientHooks;
  /** The pipeline as the span processor sees it. */
  readonly pipeline?: (pipeline: Pipeline) => Pipeline;
  readonly exports?: (exports: ForcedExport) => ForcedExport;
  readonly onShutdown?: () => void;
  /** Processors of the user, which are wrapped. */
  readonly processors?: readonly SpanProcessor[];
}

/** The service with parts that may be broken. */
export interface RunningParts {
  readonly sdk: NodeSDK;
  readonly health: HealthCounts;
  readonly pipeline: Pipeline;
  readonly processor: ErrorTreeSpanProcessor;
  readonly exporter: KeptSpans;
}

/** Joins the parts as setup does, some of them replaced, and starts them under a NodeSDK. */
export function startParts(replaced: Replacements = {}): RunningParts {
  const options = resolveOptions(
    { trust: "loopback", maxExportsPerSecond: Number.POSITIVE_INFINITY },
    (line) => expect.unreachable(line),
  );
  const same = <T>(part: T): T => part;
  const health = new HealthCounts();
  const decision: Decision = { recordedForUs: false };
  const recordedForUs = new RecordedForUs();
  const exchanges = replaced.exchanges ?? new WeakMap<object, Exchange>();
  const exporter = replaced.exporter ?? new KeptSpans();
  const exports = new ForcedExport({ ...options, exportDelayMs: 0 }, health);
  exports.attach(exporter);
  const codec = replaced.codec ?? createAnswerCodec();
  const readTrailers = trailerReader({ codec, health });
  const redact = createRedactor(options, (error) => health.failed("redact", error));
  const pipeline = new Pipeline(
    { ...options, redact },
    {
      exports,
      health,
      clock: new ManualClock(),
      readTrailers,
      readCancelled: cancelledInBody,
    },
  );
  const asks = new Asks(replaced.hosts ?? new AskableHosts(), replaced.keys);
  const clients = { calls: (replaced.calls ?? same)(pipeline.calls), codec, health, asks };
  const trust = replaced.trust ?? trusting("loopback");
  const servers = {
    hooks: (replaced.hooks ?? same)(pipeline),
    codec,
    health,
    trust,
    exchanges,
    headerBytes: 1024,
    serverTiming: "trusted",
    blockBytes: 3072,
    minimalBlockBytes: 3584,
  } as const;
  const stops = [
    observeGrpc({
      ...clients,
      calls: pipeline.calls,
      hooks: (replaced.hooks ?? same)(pipeline),
      trust,
      exchanges,
    }),
    observeHttpServers(servers),
    observeHttpClients(clients),
    observeUndici(clients),
    observeHttp2Servers(servers),
    observeHttp2Clients(clients),
    announce(
      runningSetUp(
        pipeline,
        exchanges,
        new Messages({ ...clients, hooks: pipeline, trust, exchanges, headerBytes: 1024 }),
      ),
      health,
    ),
  ];
  onTestFinished(() => {
    for (const stop of stops) stop();
  });
  const processor = new ErrorTreeSpanProcessor({
    sink: (replaced.pipeline ?? same)(pipeline),
    exports: (replaced.exports ?? same)(exports),
    decision,
    recordedForUs,
    health,
    onShutdown: replaced.onShutdown ?? (() => {}),
  });
  const sdk = startSdk({
    sampler: new ErrorTreeSampler(replaced.sampler ?? new AlwaysOffSampler(), decision, health),
    textMapPropagator: new ErrorTreePropagator(
      replaced.propagator ?? new W3CTraceContextPropagator(),
      exchanges,
      asks,
      health,
    ),
    spanProcessors: [
      processor,
      ...(replaced.processors ?? []).map(
        (delegate) => new WrappedSpanProcessor(delegate, recordedForUs, health),
      ),
    ],
  });
  return { sdk, health, pipeline, processor, exporter };
}
