// The export side: decides, makes forced copies of a fragment's unsampled spans, and queues them.
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { FinishedFragment, FragmentSink, FragmentView, Health } from "../model/ports.ts";
import type { Attributes } from "../model/span-record.ts";
import type { ErrorTree, Verdict } from "../model/tree.ts";
import { forcedSpan, isSampled } from "./forced-span.ts";
import { isExported } from "./policy.ts";
import { FragmentQueue, type QueueOptions } from "./queue.ts";
import { rootAttributes } from "./root-attributes.ts";

/** Sends failing fragments to the user's exporters. Decides that nothing is exported until one is attached. */
export class ForcedExport implements FragmentSink<ReadableSpan> {
  readonly #options: QueueOptions;
  readonly #health: Health;
  readonly #targets: SharedExporter[] = [];

  constructor(options: QueueOptions, health: Health) {
    this.#options = options;
    this.#health = health;
  }

  /** Adds an exporter for forced spans; others that use it too must use what is returned, which closes once and in order. */
  attach(exporter: SpanExporter): SpanExporter {
    const target = new SharedExporter(exporter, this.#options, this.#health);
    this.#targets.push(target);
    return target;
  }

  decide(view: FragmentView): boolean {
    return this.#targets.length > 0 && isExported(view);
  }

  rootAttributes(tree: ErrorTree, verdict: Verdict): Attributes {
    return rootAttributes(tree, verdict);
  }

  accept(fragment: FinishedFragment<ReadableSpan>): void {
    const spans = forcedSpans(fragment);
    for (const { queue } of this.#targets) queue.add(spans);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.shutdown()));
  }
}

/** An exporter behind our queue and, for head-sampled spans, behind the SDK's own processor. */
class SharedExporter implements SpanExporter {
  readonly queue: FragmentQueue;
  readonly #exporter: SpanExporter;
  #closing: Promise<void> | undefined;

  constructor(exporter: SpanExporter, options: QueueOptions, health: Health) {
    this.#exporter = exporter;
    this.queue = new FragmentQueue(exporter, options, health);
  }

  export(...args: Parameters<SpanExporter["export"]>): void {
    this.#exporter.export(...args);
  }

  async forceFlush(): Promise<void> {
    await this.queue.forceFlush();
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.queue.close().then(() => this.#exporter.shutdown());
    return this.#closing;
  }
}

/** Copies of the spans that the head sampler would have thrown away; head-sampled ones go their normal way. */
function forcedSpans(fragment: FinishedFragment<ReadableSpan>): ReadableSpan[] {
  const { tree, verdict, rootSpanId, parentId, late, decidedAt } = fragment;
  const forced: ReadableSpan[] = [];
  for (const span of fragment.spans) {
    if (isSampled(span)) continue;
    const isRoot = span.spanContext().spanId === rootSpanId;
    forced.push(
      isRoot
        ? forcedSpan(span, { attributes: attributesOfRoot(), parentSpanId: parentId })
        : forcedSpan(span),
    );
  }
  return forced;

  function attributesOfRoot(): Record<string, string | boolean | number> {
    return {
      ...(tree === undefined ? { "error_tree.verdict": verdict } : rootAttributes(tree, verdict)),
      "error_tree.forced": true,
      "error_tree.decided_at": new Date(decidedAt).toISOString(),
      ...(late ? { "error_tree.late": true } : undefined),
      "sampling.priority": 1,
    };
  }
}
