// Passes spans on to the pipeline, and hides spans that are recorded only for us from the user's span processors.
import type { Context } from "@opentelemetry/api";
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { Health } from "../health/health.ts";
import { AfterDrain } from "./drain.ts";
import type { Decision } from "./sampler.ts";

/** What happens to the spans that are exported; the export side of the processor. */
export interface ExportSide {
  forceFlush(): Promise<void>;
  /** Called after the last fragment. */
  shutdown(): Promise<void>;
}

/** Spans that the user's own sampler did not record, so that their processors do not see them. */
export class RecordedForUs {
  readonly #spans = new WeakSet<object>();
  /** False until a processor of the user is wrapped: before that nothing needs to be remembered. */
  wanted = false;

  add(span: object): void {
    if (this.wanted) this.#spans.add(span);
  }

  has(span: object): boolean {
    return this.#spans.has(span);
  }
}

/** Receives every start and end of a span, and the calls to flush and to shut down: the pipeline. */
export interface SpanSink {
  spanStarted(span: Span, context: Context): void;
  spanEnded(span: Span): void;
  /** Hands over all that is decided to be exported, without waiting for spans that have not ended. */
  flush(): void;
  /** Calls `done` when the requests in flight have ended; in this turn if none is. */
  shutdown(done: () => void): void;
}

/** What a span processor joins. */
export interface ProcessorParts {
  readonly sink: SpanSink;
  readonly exports: ExportSide;
  readonly decision: Decision;
  readonly recordedForUs: RecordedForUs;
  readonly health: Health;
  /** Called before anything else ends. */
  readonly onShutdown: () => void;
  /** Processors that are shut down only when the requests in flight have ended. */
  readonly others?: AfterDrain;
}

/** Passes every start and end of a span on. Register it first: else a span that another processor starts in `onStart` comes before its parent. */
export class ErrorTreeSpanProcessor implements SpanProcessor {
  readonly #parts: ProcessorParts;
  readonly #sink: SpanSink;
  readonly #decision: Decision;
  readonly #health: Health;
  readonly #others: AfterDrain;
  #closing: Promise<void> | undefined;

  constructor(parts: ProcessorParts) {
    this.#parts = parts;
    this.#sink = parts.sink;
    this.#decision = parts.decision;
    this.#health = parts.health;
    this.#others = parts.others ?? new AfterDrain();
  }

  onStart(span: Span, parentContext: Context): void {
    try {
      if (this.#decision.recordedForUs) {
        this.#decision.recordedForUs = false;
        this.#parts.recordedForUs.add(span);
      }
      this.#sink.spanStarted(span, parentContext);
    } catch (error) {
      this.#health.failed("onStart", error);
    }
  }

  onEnd(span: ReadableSpan): void {
    try {
      this.#sink.spanEnded(span as Span);
    } catch (error) {
      this.#health.failed("onEnd", error);
    }
  }

  async forceFlush(): Promise<void> {
    this.#guarded("forceFlush", () => this.#sink.flush());
    try {
      await this.#parts.exports.forceFlush();
    } catch (error) {
      this.#health.failed("forceFlush", error);
    }
  }

  /**
   * Stops asking and recording new requests, waits for the requests in flight, then closes the export side. If none is in
   * flight, all this begins before it returns, because another user of a shared exporter may be about to close it.
   */
  shutdown(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#others.begin();
      this.#guarded("shutdown", this.#parts.onShutdown);
      const end = (): void => {
        void this.#closeExports().then(resolve);
        this.#guarded("shutdown", () => this.#others.end());
      };
      try {
        this.#sink.shutdown(end);
      } catch (error) {
        this.#health.failed("shutdown", error);
        end();
      }
    });
    return this.#closing;
  }

  async #closeExports(): Promise<void> {
    try {
      await this.#parts.exports.shutdown();
    } catch (error) {
      this.#health.failed("shutdown", error);
    }
  }

  /** Runs one of several steps: if it fails, the next ones still run. */
  #guarded(place: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#health.failed(place, error);
    }
  }
}

/** Shows a processor of the user only the spans that their own sampler records. */
export class WrappedSpanProcessor implements SpanProcessor {
  readonly #delegate: SpanProcessor;
  readonly #recordedForUs: RecordedForUs;
  readonly #health: Health;
  readonly #drain: AfterDrain;
  readonly onEnding?: (span: Span) => void;

  constructor(
    delegate: SpanProcessor,
    recordedForUs: RecordedForUs,
    health: Health,
    drain: AfterDrain = new AfterDrain(),
  ) {
    this.#delegate = delegate;
    this.#recordedForUs = recordedForUs;
    this.#health = health;
    this.#drain = drain;
    recordedForUs.wanted = true;
    if (typeof delegate.onEnding === "function") this.onEnding = (span) => this.#ending(span);
  }

  onStart(span: Span, parentContext: Context): void {
    try {
      if (!this.#recordedForUs.has(span)) this.#delegate.onStart(span, parentContext);
    } catch (error) {
      this.#health.failed("a wrapped processor's onStart", error);
    }
  }

  onEnd(span: ReadableSpan): void {
    try {
      if (!this.#recordedForUs.has(span)) this.#delegate.onEnd(span);
    } catch (error) {
      this.#health.failed("a wrapped processor's onEnd", error);
    }
  }

  /** Rejects if the delegate fails; never throws, which would skip the processors behind it. */
  async forceFlush(): Promise<void> {
    try {
      await this.#delegate.forceFlush();
    } catch (error) {
      this.#health.failed("a wrapped processor's forceFlush", error);
      throw error;
    }
  }

  /**
   * Shuts the delegate down when the requests in flight have ended. Rejects if the delegate fails; never throws, which would
   * skip the processors behind it.
   */
  async shutdown(): Promise<void> {
    try {
      await this.#drain.wait(() => this.#delegate.shutdown());
    } catch (error) {
      this.#health.failed("a wrapped processor's shutdown", error);
      throw error;
    }
  }

  #ending(span: Span): void {
    try {
      if (!this.#recordedForUs.has(span)) this.#delegate.onEnding?.(span);
    } catch (error) {
      this.#health.failed("a wrapped processor's onEnding", error);
    }
  }
}

/**
 * Shuts a processor of head-sampled spans down only when the requests in flight have ended, so that it gets their spans. Then
 * it closes the exporter, because the SDK's processor leaves it open if its last export fails.
 */
export class LastingSpanProcessor implements SpanProcessor {
  readonly #delegate: SpanProcessor;
  readonly #drain: AfterDrain;
  readonly #exporter: Pick<SpanExporter, "shutdown">;

  /** @param exporter - may be shut down more than once */
  constructor(delegate: SpanProcessor, drain: AfterDrain, exporter: Pick<SpanExporter, "shutdown">) {
    this.#delegate = delegate;
    this.#drain = drain;
    this.#exporter = exporter;
  }

  onStart(span: Span, parentContext: Context): void {
    this.#delegate.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    this.#delegate.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#delegate.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#drain.wait(() => this.#delegate.shutdown().finally(() => this.#exporter.shutdown()));
  }
}
