// Joins the parts: one state behind sampler, propagator and span processor.
import type { TextMapPropagator } from "@opentelemetry/api";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import type { Sampler, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import { SYSTEM_CLOCK } from "./clock.ts";
import { ForcedExport } from "./export/forced-export.ts";
import { AfterDrain } from "./fragments/drain.ts";
import {
  ErrorTreeSpanProcessor,
  LastingSpanProcessor,
  RecordedForUs,
  WrappedSpanProcessor,
} from "./fragments/processor.ts";
import { type Decision, ErrorTreeSampler } from "./fragments/sampler.ts";
import { type Counts, HealthCounts } from "./health/counts.ts";
import type { HealthMetrics } from "./health/health-metrics.ts";
import { SetUpLog } from "./health/set-up-log.ts";
import type { ErrorTreeOptions, Resolved } from "./options/options.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { announce } from "./program/active.ts";
import { FailureNews } from "./program/failures.ts";
import { retire } from "./registry.ts";
import { enabledOptions } from "./setup/enabled-options.ts";
import { followSecret } from "./setup/follow-secret.ts";
import type { Limits } from "./setup/limits.ts";
import { flowCounts, metricsOf } from "./setup/metrics.ts";
import { disabledParts, type ErrorTreeParts, type ProcessEnd } from "./setup/parts.ts";
import { patchHttp } from "./setup/patch-http.ts";
import { runningSetUp } from "./setup/running.ts";
import {
  exportersFromEnv,
  fieldsOf,
  processorFromEnv,
  propagatorFromEnv,
  samplerFromEnv,
} from "./setup/sdk-env.ts";
import { type RunningSpool, startSpool } from "./setup/spool.ts";
import { namesOf, whyNoSpans } from "./setup/why-no-spans.ts";
import { Asks } from "./transports/asks.ts";
import { ExchangeSlots } from "./transports/exchange-slot.ts";
import { watchFirstCalls } from "./transports/first-calls.ts";
import { cancelledInBody } from "./transports/http/client.ts";
import { Messages } from "./transports/messaging/messages.ts";
import { observeTransports } from "./transports/observe.ts";
import { ErrorTreePropagator } from "./transports/propagator.ts";
import { trailerReader } from "./transports/receive.ts";
import { createRedactor } from "./tree/redact-node.ts";
import { GoodTraces } from "./trickle/good-traces.ts";
import { KeyRing } from "./trust/key-ring.ts";
import { secretsOf } from "./trust/secrets.ts";
import { AskableHosts, createTrust } from "./trust/trust.ts";
import { createAnswerCodec } from "./wire/answer-codec.ts";

/**
 * The parts for a NodeSDK that is configured by hand; {@link withErrorTree} does it in one call. If `OTEL_SDK_DISABLED` or
 * `OTEL_ERROR_TREE_DISABLED` is true, the parts return what they are given and do nothing.
 *
 * A wrong variable is an error in the log, and another value holds.
 *
 * @throws OptionError if an option in code is wrong
 */
export function createErrorTree(options: ErrorTreeOptions = {}): ErrorTreeParts {
  return createParts(options, {});
}

/** The same with limits that are no options. Not exported by the package: for tests. */
export function createParts(options: ErrorTreeOptions, limits: Limits): ErrorTreeParts {
  const log = new SetUpLog();
  const resolved = enabledOptions(options, log);
  return resolved === undefined ? disabledParts() : new Parts({ ...limits, ...resolved }, log);
}

/**
 * A NodeSDK configuration with the error tree in place. What the user has stays: their sampler or `OTEL_TRACES_SAMPLER`, their
 * propagator or `OTEL_PROPAGATORS`, their exporter or the OTLP variables, and their own processors, which see the same spans
 * as before. Failing requests go to `traceExporter` or to the exporter of the environment, also if there are `spanProcessors`.
 *
 * If there is an HttpInstrumentation, it patches `node:http` and `node:https` at this moment, also for ES modules that have imported them.
 *
 * A wrong variable is an error in the log, and another value holds. So is a package that the environment asks for and that is
 * not installed.
 *
 * @throws OptionError if an option in code is wrong
 */
export function withErrorTree(
  config: Partial<NodeSDKConfiguration> = {},
  options: ErrorTreeOptions = {},
): Partial<NodeSDKConfiguration> {
  const { config: configured, end } = configureWithEnd(config, options, {});
  if (end !== undefined) patchHttp(config.instrumentations);
  return configured;
}

/** The same with limits that are no options. Not exported by the package: for tests. */
export function configure(
  config: Partial<NodeSDKConfiguration>,
  options: ErrorTreeOptions,
  limits: Limits,
): Partial<NodeSDKConfiguration> {
  return configureWithEnd(config, options, limits).config;
}

/** The same for a program whose signals we look at, and whose exporters get something around them. For `register` alone. */
export function configureWithEnd(
  config: Partial<NodeSDKConfiguration>,
  options: ErrorTreeOptions,
  limits: Limits,
  around: (exporter: SpanExporter) => SpanExporter = (exporter) => exporter,
): { readonly config: Partial<NodeSDKConfiguration>; readonly end: ProcessEnd | undefined } {
  const log = new SetUpLog();
  const { complain } = log;
  const resolved = enabledOptions(options, log);
  if (resolved === undefined) return { config, end: undefined };
  const { traceExporter, ...rest } = config;
  // All that can fail comes first: a set-up that failed must leave nothing behind.
  const found = traceExporter === undefined ? exportersFromEnv(complain) : [traceExporter];
  const propagator =
    config.textMapPropagator === undefined ? propagatorFromEnv(complain) : config.textMapPropagator;
  const sampler = config.sampler ?? samplerFromEnv(complain);
  const parts = new Parts({ ...limits, ...resolved }, log, namesOf(config.instrumentations));
  const own = config.spanProcessors?.map((processor) => parts.wrap(processor));
  const exporting = found.map((exporter) => {
    const shared = parts.attach(around(exporter), own === undefined);
    return parts.last(processorFromEnv(exporter, shared, complain), shared);
  });
  return {
    config: {
      ...rest,
      sampler: parts.sampler(sampler),
      textMapPropagator: propagator === null ? null : parts.propagator(propagator),
      spanProcessors: [parts.spanProcessor(), ...(own ?? exporting)],
    },
    end: parts,
  };
}

class Parts implements ErrorTreeParts, ProcessEnd {
  readonly #health: HealthCounts;
  readonly #decision: Decision = { recordedForUs: false };
  readonly #recordedForUs = new RecordedForUs();
  readonly #asks: Asks;
  readonly #exchanges = new ExchangeSlots();
  /** Fields of the user's propagator, in lower case. */
  readonly #propagated = new Set<string>();
  readonly #exchangeKey = Symbol("otel-error-tree exchange");
  readonly #exports: ForcedExport;
  readonly #pipeline: Pipeline;
  readonly #metrics: HealthMetrics;
  readonly #spool: RunningSpool | undefined;
  readonly #others = new AfterDrain();
  readonly #samplers: ErrorTreeSampler[] = [];
  readonly #goodTraces: GoodTraces | undefined;
  readonly #stopAnswering: () => void;
  readonly #stopCollecting: () => void;
  readonly #stopReading: () => void;

  /** `instrumentations`: their names, if they are known. */
  constructor(options: Resolved & Limits, log: SetUpLog, instrumentations?: readonly string[]) {
    const health = new HealthCounts(log.warnings);
    this.#health = health;
    const codec = createAnswerCodec();
    const { secret, secretFile, trust: rule, trustedPeers, askHosts } = options;
    const isSecret = secret !== undefined || secretFile !== undefined;
    const keys = isSecret ? new KeyRing(secretsOf(secret ?? []), SYSTEM_CLOCK) : undefined;
    const hosts = new AskableHosts(askHosts);
    this.#asks = new Asks(hosts, keys);
    const trust = createTrust(
      { rule, peers: trustedPeers ?? [], keys },
      { hosts, propagated: this.#propagated },
    );
    const failures = new FailureNews(health);
    this.#exports = new ForcedExport(options, health, { failures });
    const redact = createRedactor(options, (error) => health.failed("redact", error));
    const flow = flowCounts(log.complain);
    const { goodTraceIntervalMs: everyMs } = options;
    this.#goodTraces = everyMs === undefined ? undefined : new GoodTraces(everyMs, SYSTEM_CLOCK, health);
    const pipeline = new Pipeline(
      { ...options, redact, exchangeKey: this.#exchangeKey },
      {
        exports: this.#exports,
        health,
        clock: SYSTEM_CLOCK,
        readTrailers: trailerReader({ codec, health }),
        readCancelled: cancelledInBody,
        flow,
        failures,
        goodTraces: this.#goodTraces,
        whyNoSpans: () =>
          whyNoSpans({
            samplers: this.#samplers,
            exchanges: this.#exchanges,
            exchangeKey: this.#exchangeKey,
            instrumentations,
          }),
      },
    );
    this.#pipeline = pipeline;
    const clients = { calls: pipeline.calls, codec, health, asks: this.#asks };
    const transports = {
      ...clients,
      hooks: pipeline,
      trust,
      exchanges: this.#exchanges,
      headerBytes: options.headerBytes,
      serverTiming: options.serverTiming,
    };
    const { stopAnswering, stopReading } = observeTransports(transports);
    this.#stopAnswering = stopAnswering;
    this.#stopReading = stopReading;
    const stopFollowing =
      secretFile === undefined || keys === undefined
        ? undefined
        : followSecret(secretFile, keys, SYSTEM_CLOCK, log);
    const stopTelling = announce(runningSetUp(pipeline, this.#exchanges, new Messages(transports)), health);
    const stopWatching = watchFirstCalls(clients);
    this.#stopCollecting = () => {
      stopTelling();
      stopWatching();
      stopFollowing?.();
    };
    const spooled = { pipeline, exports: this.#exports, health, clock: SYSTEM_CLOCK };
    this.#spool = options.spool === undefined ? undefined : startSpool(options.spool, spooled, log.complain);
    this.#metrics = metricsOf({ health, exports: this.#exports, pipeline, flow });
    if (trust.isOfNobody) log.warn("ERROR_TREE_NOBODY_TRUSTED", `${trust}`);
    else log.info(`${trust}`);
  }

  sampler(delegate: Sampler): Sampler {
    const sampler = new ErrorTreeSampler(delegate, this.#decision, this.#health, this.#goodTraces);
    this.#samplers.push(sampler);
    return sampler;
  }

  propagator(delegate: TextMapPropagator): TextMapPropagator {
    for (const field of fieldsOf(delegate)) this.#propagated.add(field.toLowerCase());
    return new ErrorTreePropagator(delegate, this.#exchanges, this.#asks, this.#health, {
      exchangeKey: this.#exchangeKey,
    });
  }

  attach(exporter: SpanExporter, isClosedByOther: boolean): SpanExporter {
    return this.#exports.attach(exporter, isClosedByOther);
  }

  spanProcessor(exporter?: SpanExporter): SpanProcessor {
    if (exporter !== undefined) this.#exports.attach(exporter);
    const exports = this.#exports;
    let closed = (_: Promise<void>): void => {};
    let closing: Promise<void> | undefined;
    return new ErrorTreeSpanProcessor({
      sink: this.#pipeline,
      exports: {
        forceFlush: () => exports.forceFlush(),
        shutdown: async () => {
          this.#stopAnswering();
          this.#stopCollecting();
          retire(this.#stopReading);
          const resent = this.#spool?.close();
          closed(exports.shutdown());
          await closing;
          await resent;
          this.#spool?.release();
        },
      },
      decision: this.#decision,
      recordedForUs: this.#recordedForUs,
      health: this.#health,
      onShutdown: () => {
        this.#asks.close();
        const work = new Promise<void>((resolve) => {
          closed = resolve;
        });
        closing = this.#metrics.close(work);
      },
      others: this.#others,
    });
  }

  wrap(processor: SpanProcessor): SpanProcessor {
    return new WrappedSpanProcessor(processor, this.#recordedForUs, this.#health, this.#others);
  }

  /** A processor in front of an exporter that {@link attach} gave. */
  last(processor: SpanProcessor, exporter: SpanExporter): SpanProcessor {
    return new LastingSpanProcessor(processor, this.#others, exporter);
  }

  counts(): Counts {
    return this.#health.all();
  }

  cutOff(): boolean {
    this.#pipeline.end.finish();
    return this.#exports.isWaiting;
  }

  save(): void {
    this.#spool?.save();
  }
}
