// OpenTelemetry of the measured service, with the library or, where `OTEL_ERROR_TREE_DISABLED` says so, without.
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import type { ErrorTreeParts } from "otel-error-tree";
import { createErrorTree } from "../../support/limited-set-up.ts";
import { startWithParts } from "../../support/start-sdk.ts";
import { MAX_FRAGMENTS, MAX_SPANS } from "./mix.ts";

/** Leaked spans are given up so soon that most of it happens while requests come. The least that can be set. */
export const FRAGMENT_TIMEOUT_MS = 1_000;
const SETTLE_MS = 500;
/** So many that the kinds of failures that can be known are known before the first reading, and others push them out. */
const MAX_NOVEL_PER_MINUTE = 600;
const FAILS_EVERY = 20;
const EXPORT_MS = 3;

/** Takes its time, fails now and then, and keeps nothing. */
class PassingExporter implements SpanExporter {
  #exports = 0;

  export(_: unknown, done: (result: { code: number; error?: Error }) => void): void {
    const fails = ++this.#exports % FAILS_EVERY === 0;
    setTimeout(
      () => done(fails ? { code: 1, error: new Error("the backend is away") } : { code: 0 }),
      EXPORT_MS,
    );
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** Records every span, as the library's own does: without it the baseline would have next to no spans at all. */
class RecordingSampler implements Sampler {
  readonly #delegate: Sampler;

  constructor(delegate: Sampler) {
    this.#delegate = delegate;
  }

  shouldSample(...args: Parameters<Sampler["shouldSample"]>): ReturnType<Sampler["shouldSample"]> {
    const result = this.#delegate.shouldSample(...args);
    return result.decision === 0 ? { ...result, decision: 1 } : result;
  }

  toString(): string {
    return `RecordingSampler{${this.#delegate.toString()}}`;
  }
}

/** Starts the SDK with the stock instrumentations; nothing is sampled but what the caller has sampled. */
export function startTelemetry(serviceName: string): ErrorTreeParts {
  const parts = createErrorTree(
    {
      trust: "loopback",
      fragmentTimeoutMs: FRAGMENT_TIMEOUT_MS,
      maxSpansPerFragment: MAX_SPANS,
      maxFragments: MAX_FRAGMENTS,
    },
    { settleMs: SETTLE_MS, maxNovelPerMinute: MAX_NOVEL_PER_MINUTE },
  );
  const exporter = new PassingExporter();
  const sampler = new ParentBasedSampler({ root: new AlwaysOffSampler() });
  const disabled = process.env.OTEL_ERROR_TREE_DISABLED === "true";
  startWithParts(parts, {
    serviceName,
    sampler: disabled ? new RecordingSampler(sampler) : sampler,
    spanProcessors: [parts.spanProcessor(exporter), parts.wrap(new BatchSpanProcessor({ exporter }))],
  });
  return parts;
}
