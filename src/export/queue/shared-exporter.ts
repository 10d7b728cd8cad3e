// Shares an exporter between our queue and the SDK's own processor, and closes it once.
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { callExporter } from "./export-call.ts";
import { FragmentQueue, type QueueParts } from "./fragment-queue.ts";
import { withDefaults } from "./queue-options.ts";
import { SentRequests } from "./sent-requests.ts";
import { type Timing, within } from "./timing.ts";

/** An exporter behind our queue and, for head-sampled spans, behind the SDK's own processor. */
export class SharedExporter implements SpanExporter {
  readonly queue: FragmentQueue;
  readonly #exporter: SpanExporter;
  readonly #timeoutMs: number;
  readonly #timing: Timing;
  readonly #isClosedByOther: boolean;
  #closing: Promise<void> | undefined;

  /** @param isClosedByOther - a processor shuts this down when it has exported its own spans */
  constructor(parts: QueueParts, isClosedByOther: boolean) {
    const { exporter, options, timing } = parts;
    this.#exporter = exporter;
    this.#timeoutMs = withDefaults(options).exportTimeoutMs;
    this.#timing = timing;
    this.#isClosedByOther = isClosedByOther;
    this.queue = new FragmentQueue(parts);
  }

  export(...args: Parameters<SpanExporter["export"]>): void {
    this.#exporter.export(...args);
  }

  /** Exports spans past the queue; resolves with the error if that failed. Never rejects. */
  exportNow(spans: readonly ReadableSpan[]): Promise<Error | undefined> {
    return callExporter([...spans], {
      exporter: this.#exporter,
      timing: this.#timing,
      timeoutMs: this.#timeoutMs,
      sent: new SentRequests(this.#timing.now()),
      // An exporter of OTLP gives up long before: this is one that hangs.
      onLateSuccess: () => {},
    });
  }

  /** Ends within the time of one export, whatever the exporter does. */
  forceFlush(): Promise<void> {
    return this.#inTime(
      () => this.queue.forceFlush(),
      () => this.#exporter.forceFlush?.(),
    );
  }

  /** Closes our queue, and the exporter if nobody else does. */
  close(): Promise<void> {
    return this.#isClosedByOther ? this.queue.close() : this.shutdown();
  }

  /** Ends within the time of one export, whatever the exporter does. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#inTime(
      () => this.queue.close(),
      () => this.#exporter.shutdown(),
    );
    return this.#closing;
  }

  /** Does our step, then the exporter's, and waits for both together no longer than for one export. */
  async #inTime(own: () => Promise<void>, theirs: () => Promise<void> | undefined): Promise<void> {
    const end = this.#timing.now() + this.#timeoutMs;
    await own();
    await within(this.#timing, Math.max(0, end - this.#timing.now()), Promise.resolve(theirs()));
  }
}
