// A bounded queue of whole fragments in front of the user's exporter: a fragment goes out whole, or not at all.
import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Health } from "../model/ports.ts";

/** Bounds of the queue. */
export interface QueueOptions {
  /** Most spans that wait; what comes beyond is dropped, a fragment at a time. */
  readonly maxQueuedSpans: number;
  /** How long a fragment waits for others to share an export with, in milliseconds. */
  readonly exportDelayMs: number;
  /** After this an export counts as failed, in milliseconds. */
  readonly exportTimeoutMs: number;
}

/** Spans of one export; a larger fragment still goes out in one. */
const BATCH_SPANS = 512;
const SUCCESS = 0;

/** Takes fragments, hands them to the exporter in batches, one export at a time. */
export class FragmentQueue {
  readonly #exporter: SpanExporter;
  readonly #options: QueueOptions;
  readonly #health: Health;
  readonly #waiting: (readonly ReadableSpan[])[] = [];
  #waitingSpans = 0;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(exporter: SpanExporter, options: QueueOptions, health: Health) {
    this.#exporter = exporter;
    this.#options = options;
    this.#health = health;
  }

  add(fragment: readonly ReadableSpan[]): void {
    if (fragment.length === 0) return;
    if (this.#closed || this.#waitingSpans + fragment.length > this.#options.maxQueuedSpans) {
      this.#drop(1, fragment.length);
      return;
    }
    this.#waiting.push(fragment);
    this.#waitingSpans += fragment.length;
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#draining !== undefined || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => void this.forceFlush(), this.#options.exportDelayMs);
    this.#timer.unref();
  }

  /** Exports all that waits; resolves when it is out or lost, never rejects. */
  forceFlush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
      // One that came after the last look into the queue, and found it draining.
      if (!this.#closed) this.#arm();
    });
    return this.#draining;
  }

  /**
   * Exports all that waits and takes no more; the exporter itself is left open. All batches are handed over at once: who
   * shares the exporter may be about to close it.
   */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const batches: Promise<void>[] = [];
    while (this.#waiting.length > 0) batches.push(this.#sendBatch());
    await Promise.all([...batches, this.#draining]);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendBatch();
  }

  /** Sends as many whole fragments as share an export. */
  async #sendBatch(): Promise<void> {
    const batch: ReadableSpan[] = [];
    let fragments = 0;
    for (const fragment of this.#waiting) {
      if (fragments > 0 && batch.length + fragment.length > BATCH_SPANS) break;
      for (const span of fragment) batch.push(span);
      fragments++;
    }
    this.#waiting.splice(0, fragments);
    this.#waitingSpans -= batch.length;
    // No turn of the event loop is lost where nothing is pending: see close().
    if (batch.some(({ resource }) => resource.asyncAttributesPending)) await resourcesSettled(batch);
    const error = await this.#export(batch);
    if (error === undefined) {
      this.#health.count("fragments_exported", fragments);
      this.#health.count("spans_exported", batch.length);
      return;
    }
    this.#drop(fragments, batch.length);
    this.#health.once(
      "export",
      `the exporter failed, ${fragments} failing requests are lost: ${error.message}`,
    );
  }

  /** One export; resolves with the error where it failed. */
  #export(batch: ReadableSpan[]): Promise<Error | undefined> {
    return new Promise((resolve) => {
      const { exportTimeoutMs } = this.#options;
      const timer = setTimeout(
        () => resolve(new Error(`no answer within ${exportTimeoutMs} ms`)),
        exportTimeoutMs,
      );
      const done = (error: Error | undefined): void => {
        clearTimeout(timer);
        resolve(error);
      };
      try {
        context.with(suppressTracing(context.active()), () =>
          this.#exporter.export(batch, (result) => {
            done(
              result?.code === SUCCESS
                ? undefined
                : (result?.error ?? new Error("the exporter gave no reason")),
            );
          }),
        );
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #drop(fragments: number, spans: number): void {
    this.#health.count("fragments_dropped", fragments);
    this.#health.count("spans_dropped", spans);
  }
}

/** Resource attributes may still be on their way: detectors of cloud hosts ask the network. */
async function resourcesSettled(batch: readonly ReadableSpan[]): Promise<void> {
  for (const { resource } of batch) {
    if (!resource.asyncAttributesPending) continue;
    await resource.waitForAsyncAttributes?.().catch(() => undefined);
  }
}
