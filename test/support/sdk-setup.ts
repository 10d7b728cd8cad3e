// Both ways of setting up, from the same wishes of a user, under a real NodeSDK.
import type { TextMapPropagator } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { NodeSDK, NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Sampler,
  type Span,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import type { ErrorTreeOptions } from "../../src/options/options.ts";
import type { Limits } from "../../src/setup/limits.ts";
import { configure, createParts } from "../../src/setup.ts";
import { KeptSpans } from "./sdk.ts";
import { startSdk } from "./sdk-parts.ts";

/** What a user has already. */
export interface Wishes {
  readonly sampler: Sampler;
  readonly propagator?: TextMapPropagator;
  /** Their own processors beside, or instead of, the one that exports. */
  readonly processors?: readonly SpanProcessor[];
}

/** A set-up that runs. */
export interface SetUp {
  readonly sdk: NodeSDK;
  /** Where both the head-sampled and the forced spans go. */
  readonly exporter: KeptSpans;
}

type Way = (
  wishes: Wishes,
  options: ErrorTreeOptions,
  limits: Limits,
  exporter: KeptSpans,
) => Partial<NodeSDKConfiguration>;

/** The ways, by name. */
export const WAYS: Readonly<Record<"withErrorTree" | "createErrorTree", Way>> = {
  withErrorTree: configuredInOneCall,
  createErrorTree: registeredByHand,
};

/** Sets up in one of the ways and starts the SDK, until the test has finished. */
export function setUp(
  way: keyof typeof WAYS,
  wishes: Wishes,
  options: ErrorTreeOptions = {},
  limits: Limits = { exportDelayMs: 0 },
): SetUp {
  const exporter = new KeptSpans();
  const settings: ErrorTreeOptions = {
    trust: "loopback",
    maxExportsPerSecond: Number.POSITIVE_INFINITY,
    ...options,
  };
  return { sdk: startSdk(WAYS[way](wishes, settings, limits, exporter)), exporter };
}

function configuredInOneCall(
  { sampler, propagator, processors }: Wishes,
  options: ErrorTreeOptions,
  limits: Limits,
  exporter: KeptSpans,
): Partial<NodeSDKConfiguration> {
  return configure(
    {
      sampler,
      traceExporter: exporter,
      ...(propagator === undefined ? undefined : { textMapPropagator: propagator }),
      ...(processors === undefined ? undefined : { spanProcessors: [...processors] }),
    },
    options,
    limits,
  );
}

function registeredByHand(
  { sampler, propagator, processors }: Wishes,
  options: ErrorTreeOptions,
  limits: Limits,
  exporter: KeptSpans,
): Partial<NodeSDKConfiguration> {
  const parts = createParts(options, limits);
  const own = processors ?? [new BatchSpanProcessor({ exporter })];
  return {
    sampler: parts.sampler(sampler),
    textMapPropagator: parts.propagator(propagator ?? new W3CTraceContextPropagator()),
    spanProcessors: [parts.spanProcessor(exporter), ...own.map((processor) => parts.wrap(processor))],
  };
}

/** Decides by a span's name: `no…` is not recorded, `rec…` is recorded only, everything else is sampled. */
export const BY_NAME: Sampler = {
  shouldSample: (_context, _traceId, name) => ({
    decision: name.startsWith("no") ? 0 : name.startsWith("rec") ? 1 : 2,
  }),
  toString: () => "ByName",
};

/** A processor of the user that writes down what it sees. */
export class SeeingProcessor implements SpanProcessor {
  readonly seen: string[] = [];

  onStart(span: Span): void {
    this.#see("start", span);
  }

  onEnding(span: Span): void {
    this.#see("ending", span);
    span.setAttribute("seen", true);
  }

  onEnd(span: ReadableSpan): void {
    this.#see("end", span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.seen.push("shutdown");
  }

  #see(what: string, span: ReadableSpan): void {
    this.seen.push(`${what} ${span.name} ${span.spanContext().traceFlags}`);
  }
}
