// What tests of the queue work with: time that the test moves, fragments of made-up spans, and an exporter in its hands.
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { FragmentQueue } from "../../src/export/queue/fragment-queue.ts";
import type { QueuedFragment } from "../../src/export/queue/held-fragment.ts";
import type { QueueOptions } from "../../src/export/queue/queue-options.ts";
import type { Timing } from "../../src/export/queue/timing.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { estimatedBytes } from "../../src/spans/span-bytes.ts";

type Done = Parameters<SpanExporter["export"]>[1];

/** Time that stands still until the test moves it, and chance that the test decides. */
export class ManualTiming implements Timing {
  readonly #timers = new Set<{ readonly due: number; readonly task: () => void }>();
  #now = 1_000;
  chance = 0;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.#now + ms, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets the time pass, runs what is due in its order, and all promises between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      let next: { readonly due: number; readonly task: () => void } | undefined;
      for (const timer of this.#timers) {
        if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.due;
      next.task();
      await settled();
    }
    this.#now = end;
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.#timers.size;
  }
}

/** Resolves when no promise has anything left to do. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** As much of a span as a queue looks at; its bytes come from its name. */
export function spanOf(name: string, more: Partial<ReadableSpan> = {}): ReadableSpan {
  return {
    name,
    spanContext: () => ({ traceId: "", spanId: "", traceFlags: 1 }),
    status: { code: 0 },
    attributes: {},
    events: [],
    links: [],
    resource: {},
    ...more,
  } as unknown as ReadableSpan;
}

/** A failed fragment of so many spans. */
export function fragmentOf(name: string, spans = 1, more: Partial<QueuedFragment> = {}): QueuedFragment {
  return {
    spans: Array.from({ length: spans }, (_, i) => spanOf(`${name}.${i}`)),
    verdict: "failed",
    represents: 0,
    ...more,
  };
}

/** Estimated bytes of a fragment. */
export function bytesOf({ spans }: QueuedFragment): number {
  return spans.reduce((sum, span) => sum + estimatedBytes(span), 0);
}

/** One call of a {@link HeldExporter}. */
export interface HeldCall {
  readonly names: readonly string[];
  readonly done: Done;
}

/** An exporter that answers when the test says so. */
export class HeldExporter implements SpanExporter {
  readonly calls: HeldCall[] = [];

  export(batch: ReadableSpan[], done: Done): void {
    this.calls.push({ names: batch.map(({ name }) => name), done });
  }

  async shutdown(): Promise<void> {}

  /** Answers a call, the last one where none is named, and lets what follows happen. */
  succeed(call?: number): Promise<void> {
    return this.#answer({ code: 0 }, call);
  }

  fail(error: Error = new Error("no such host"), call?: number): Promise<void> {
    return this.#answer({ code: 1, error }, call);
  }

  async #answer(result: Parameters<Done>[0], call: number | undefined): Promise<void> {
    await settled();
    const { done } = this.calls.at(call ?? -1) as HeldCall;
    done(result);
    await settled();
  }

  /** Names of the spans of every call. */
  get names(): (readonly string[])[] {
    return this.calls.map(({ names }) => names);
  }
}

/** An error as the OTLP exporters make it of a status. */
export function errorOf(code: number | string, message = `code ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

const OPTIONS: QueueOptions = { maxQueuedSpans: 1000, exportDelayMs: 100, exportTimeoutMs: 30_000 };

/** A queue in time of its own; one exporter of the test's unless it brings another. */
export function queueOf<Exporter extends SpanExporter = HeldExporter>({
  exporter = new HeldExporter() as SpanExporter as Exporter,
  ...options
}: Partial<QueueOptions> & { readonly exporter?: Exporter } = {}): {
  readonly queue: FragmentQueue;
  readonly exporter: Exporter;
  readonly health: HealthCounts;
  readonly timing: ManualTiming;
} {
  const health = new HealthCounts();
  const timing = new ManualTiming();
  return {
    queue: new FragmentQueue({ exporter, options: { ...OPTIONS, ...options }, health, timing }),
    exporter,
    health,
    timing,
  };
}
