// Declares the parts that a user registers in NodeSDK, and makes those that do nothing.
import type { TextMapPropagator } from "@opentelemetry/api";
import type { Sampler, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";

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
  /** All counts so far, by name; names that were never counted are absent. */
  counts(): Readonly<Record<string, number>>;
}

/** What happens in a process that a signal is about to end. */
export interface ProcessEnd {
  /** Exports the requests in flight that show a failure: they are not recorded any more. True if anything waits to be exported. */
  cutOff(): boolean;
  /** Writes what is not exported yet to the spool, if one is named. */
  save(): void;
}

/** Parts that return what they are given: everything is switched off. */
export function disabledParts(): ErrorTreeParts {
  return {
    sampler: (delegate) => delegate,
    propagator: (delegate) => delegate,
    spanProcessor: (exporter) => new OffSpanProcessor(exporter),
    wrap: (processor) => processor,
    counts: () => ({}),
  };
}

/** Takes our place in the user's list of processors, and only shuts its exporter down. */
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
