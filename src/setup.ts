// Joins the parts: one state behind sampler, propagator and span processor.
import { diag, type TextMapPropagator } from "@opentelemetry/api";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import type { Sampler, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import { announce } from "./active.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { createAnswerCodec } from "./codec/answer.ts";
import { KeyRing } from "./codec/key/key-ring.ts";
import { secretsOf } from "./codec/key/secrets.ts";
import { BLOCK_BYTES, MINIMAL_BLOCK_BYTES } from "./codec/limits.ts";
import { Collector } from "./collect/collector.ts";
import { AfterDrain } from "./collect/drain.ts";
import {
  ErrorTreeSpanProcessor,
  LastingSpanProcessor,
  RecordedForUs,
  WrappedSpanProcessor,
} from "./collect/processor.ts";
import { type Decision, ErrorTreeSampler } from "./collect/sampler.ts";
import { ForcedExport } from "./export/forced-export.ts";
import { type Counts, HealthCounts } from "./health.ts";
import { HealthMetrics, type Numbers } from "./metrics/health-metrics.ts";
import type { Exchange } from "./model/ports.ts";
import { createRedactor } from "./model/redact.ts";
import { type ErrorTreeOptions, isDisabled, resolveOptions } from "./options.ts";
import { Asks } from "./propagate/asks.ts";
import { givenUpInBody, observeHttpClients } from "./propagate/http-client.ts";
import { observeHttpServers } from "./propagate/http-server.ts";
import { ErrorTreePropagator } from "./propagate/propagator.ts";
import { trailerReader } from "./propagate/receive.ts";
import { AskableHosts, createTrust } from "./propagate/trust.ts";
import { observeUndici } from "./propagate/undici.ts";
import { retire } from "./registry.ts";
import { exportersFromEnv, processorFromEnv, propagatorFromEnv, samplerFromEnv } from "./sdk-env.ts";

/** The parts to register in a NodeSDK by hand. They share one state: use all three. */
export interface ErrorTreeParts {
  /** The outermost sampler, around the user's own. */
  sampler(delegate: Sampler): Sampler;
  /** The propagator, around the user's own. */
  propagator(delegate: TextMapPropagator): TextMapPropagator;
  /** The span processor, to be registered first. Failing requests go to `exporter`, which is shut down with it. */
  spanProcessor(exporter?: SpanExporter): SpanProcessor;
  /** Shows a processor of the user only the spans that their own sampler records. */
  wrap(processor: SpanProcessor): SpanProcessor;
  /** What was counted so far, by name; names that were never counted are absent. */
  counts(): Counts;
}

/**
 * The parts for those who configure NodeSDK by hand; {@link withErrorTree} does it in one call. Where
 * `OTEL_SDK_DISABLED` or `OTEL_ERROR_TREE_DISABLED` is true the parts hand on what they are given and do nothing.
 *
 * @throws OptionError where an option or one of the environment variables is wrong
 */
export function createErrorTree(options: ErrorTreeOptions = {}): ErrorTreeParts {
  const resolved = resolveOptions(options);
  return isDisabled() ? disabledParts() : new Parts(resolved);
}

/**
 * A NodeSDK configuration with the error tree in place. What the user had stays: their sampler or `OTEL_TRACES_SAMPLER`,
 * their propagator or `OTEL_PROPAGATORS`, their exporter or the OTLP variables, their own processors, which see what they
 * saw before. Beside `spanProcessors`, failing requests go to `traceExporter` or the exporter of the environment.
 *
 * @throws OptionError where an option or one of the environment variables is wrong
 * @throws MissingPackageError where the environment asks for a package that is not installed
 */
export function withErrorTree(
  config: Partial<NodeSDKConfiguration> = {},
  options: ErrorTreeOptions = {},
): Partial<NodeSDKConfiguration> {
  const resolved = resolveOptions(options);
  if (isDisabled()) return config;
  const { traceExporter, ...rest } = config;
  // All that can fail comes first: a set-up that failed must leave nothing behind.
  const found = traceExporter === undefined ? exportersFromEnv() : [traceExporter];
  const propagator = config.textMapPropagator === undefined ? propagatorFromEnv() : config.textMapPropagator;
  const parts = new Parts(resolved);
  const exporting = found.map((exporter) => parts.last(processorFromEnv(exporter, parts.attach(exporter))));
  const own = config.spanProcessors?.map((processor) => parts.wrap(processor));
  return {
    ...rest,
    sampler: parts.sampler(config.sampler ?? samplerFromEnv()),
    textMapPropagator: propagator === null ? null : parts.propagator(propagator),
    spanProcessors: [parts.spanProcessor(), ...(own ?? exporting)],
  };
}

/** NodeSDK sets the logger that `OTEL_LOG_LEVEL` asks for only after our set-up. */
function tellOnceStarted(line: string): void {
  setImmediate(() => {
    try {
      diag.info(`otel-error-tree: ${line}`);
    } catch {
      // A logger of the host that throws must do no harm.
    }
  });
}

class Parts implements ErrorTreeParts {
  readonly #health = new HealthCounts();
  readonly #decision: Decision = { recordedForUs: false };
  readonly #recordedForUs = new RecordedForUs();
  readonly #asks: Asks;
  readonly #exchanges = new WeakMap<object, Exchange>();
  /** Fields of the user's propagator, in lower case. */
  readonly #propagated = new Set<string>();
  readonly #exchangeKey = Symbol("otel-error-tree exchange");
  readonly #exports: ForcedExport;
  readonly #collector: Collector;
  readonly #metrics: HealthMetrics;
  readonly #others = new AfterDrain();
  readonly #stopAnswering: () => void;
  readonly #stopCollecting: () => void;
  readonly #stopReading: () => void;

  constructor(options: ReturnType<typeof resolveOptions>) {
    const health = this.#health;
    const codec = createAnswerCodec();
    const { secret, trust: rule, trustedPeers, askHosts } = options;
    const keys = secret === undefined ? undefined : new KeyRing(secretsOf(secret), SYSTEM_CLOCK);
    const hosts = new AskableHosts(askHosts);
    this.#asks = new Asks(hosts, keys);
    const trust = createTrust(
      { rule, peers: trustedPeers ?? [], keys },
      { hosts, propagated: this.#propagated },
    );
    this.#exports = new ForcedExport(options, health);
    const redact = createRedactor(options, (error) => health.failed("redact", error));
    const collector = new Collector(
      { ...options, redact, exchangeKey: this.#exchangeKey },
      this.#exports,
      health,
      SYSTEM_CLOCK,
      trailerReader({ codec, health }),
      givenUpInBody,
    );
    this.#collector = collector;
    const clients = { calls: collector, codec, health, asks: this.#asks };
    this.#stopAnswering = observeHttpServers({
      desk: collector,
      codec,
      health,
      trust,
      exchanges: this.#exchanges,
      headerBytes: options.headerBytes,
      serverTiming: options.serverTiming,
      blockBytes: BLOCK_BYTES,
      minimalBlockBytes: MINIMAL_BLOCK_BYTES,
    });
    this.#stopCollecting = announce(collector, health);
    const stops = [observeHttpClients(clients), observeUndici(clients)];
    this.#stopReading = () => {
      for (const stop of stops) stop();
    };
    this.#metrics = new HealthMetrics(() => this.#numbers(), health, SYSTEM_CLOCK);
    tellOnceStarted(`${trust}`);
  }

  sampler(delegate: Sampler): Sampler {
    return new ErrorTreeSampler(delegate, this.#decision, this.#health);
  }

  propagator(delegate: TextMapPropagator): TextMapPropagator {
    for (const field of fieldsOf(delegate)) this.#propagated.add(field.toLowerCase());
    return new ErrorTreePropagator(delegate, this.#exchanges, this.#asks, this.#health, {
      exchangeKey: this.#exchangeKey,
    });
  }

  attach(exporter: SpanExporter): SpanExporter {
    return this.#exports.attach(exporter);
  }

  spanProcessor(exporter?: SpanExporter): SpanProcessor {
    if (exporter !== undefined) this.#exports.attach(exporter);
    const exports = this.#exports;
    let closed = (_: Promise<void>): void => {};
    let closing: Promise<void> | undefined;
    return new ErrorTreeSpanProcessor(
      this.#collector,
      {
        forceFlush: () => exports.forceFlush(),
        shutdown: async () => {
          this.#stopCollecting();
          retire(this.#stopReading);
          closed(exports.shutdown());
          await closing;
        },
      },
      this.#decision,
      this.#recordedForUs,
      this.#health,
      () => {
        this.#asks.close();
        this.#stopAnswering();
        const work = new Promise<void>((resolve) => {
          closed = resolve;
        });
        closing = this.#metrics.close(work);
      },
      this.#others,
    );
  }

  wrap(processor: SpanProcessor): SpanProcessor {
    return new WrappedSpanProcessor(processor, this.#recordedForUs, this.#health, this.#others);
  }

  /** A processor in front of an exporter that {@link attach} gave. */
  last(processor: SpanProcessor): SpanProcessor {
    return new LastingSpanProcessor(processor, this.#others);
  }

  counts(): Counts {
    return this.#health.all();
  }

  #numbers(): Numbers {
    const { spans, trees } = this.#exports.waiting;
    const levels = { fragments_live: this.#collector.size, spans_queued: spans, trees_pending: trees };
    return { ...this.#health.all(), ...levels };
  }
}

/** None when a propagator of the user fails to name them, or names something else. */
function fieldsOf(propagator: TextMapPropagator): string[] {
  try {
    return propagator.fields().map(String);
  } catch {
    return [];
  }
}

function disabledParts(): ErrorTreeParts {
  return {
    sampler: (delegate) => delegate,
    propagator: (delegate) => delegate,
    spanProcessor: (exporter) => new OffSpanProcessor(exporter),
    wrap: (processor) => processor,
    counts: () => ({}),
  };
}

/** Stands in the user's list of processors where everything is switched off. */
class OffSpanProcessor implements SpanProcessor {
  readonly #exporter: SpanExporter | undefined;

  constructor(exporter: SpanExporter | undefined) {
    this.#exporter = exporter;
  }

  onStart(): void {}
  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    await this.#exporter?.shutdown();
  }
}
