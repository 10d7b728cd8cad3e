// Decides which fragments are exported, forces their unsampled spans, and queues them for the user's exporters.
import type { Attributes } from "@opentelemetry/api";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import type { Health } from "../health/health.ts";
import type { WrittenSpan } from "../spans/written-span.ts";
import type { FailureSink } from "../tree/failed-request.ts";
import { type Messages, type RedactHook, type RedactRules, rulesOf } from "../tree/redact-node.ts";
import type { BuiltTree } from "../tree/redacted-tree.ts";
import { CAUSE, FAILED, WELL, type Weight } from "../tree/weight.ts";
import type { FinishedFragment } from "./finished-fragment.ts";
import type { ExportChoice, FragmentView } from "./fragment-view.ts";
import { kindOf } from "./limit/kind.ts";
import type { UnexportedTrees } from "./limit/kind-table.ts";
import { RecentKinds } from "./limit/recent-kinds.ts";
import { ExportPolicy, type PolicyOptions } from "./policy.ts";
import { remedyFor } from "./queue/export-failure.ts";
import type { QueuedFragment } from "./queue/held-fragment.ts";
import type { QueueOptions } from "./queue/queue-options.ts";
import { SharedExporter } from "./queue/shared-exporter.ts";
import { SYSTEM_TIMING, type Timing } from "./queue/timing.ts";
import { type RedactSpan, SpanRedaction } from "./redaction/span-redaction.ts";
import { force } from "./spans/forced-span.ts";
import { withOmitted } from "./spans/omitted.ts";
import { progressSpan } from "./spans/progress-span.ts";
import { type RootFacts, rootAttributes } from "./spans/root-attributes.ts";
import { ShownParents } from "./spans/shown-parents.ts";
import { summaryOf, summarySpan } from "./spans/summary-span.ts";
import { SpanSynthesizer } from "./spans/synthesized-spans.ts";

/** Options of the export side. */
export interface ExportOptions extends QueueOptions, PolicyOptions {
  /** Spans for which it returns true are never exported by this package. */
  readonly neverExport?: (span: ReadableSpan) => boolean;
  /** All that is exported is redacted, within what `messages` and `frames` let spans say. @default false */
  readonly redactSpans?: boolean;
  /** @default true */
  readonly messages?: Messages;
  /** Its rules hold for spans, too. */
  readonly redact?: RedactHook | RedactRules;
  /** @default true */
  readonly frames?: boolean;
}

/** Time, replaceable in tests, and who gets failed requests. */
export interface ExportTime {
  readonly clock?: Pick<Clock, "now" | "monotonic">;
  readonly timing?: Timing;
  /** Gets what is summed up. */
  readonly failures?: FailureSink;
}

/** Most spans that one fragment writes for the services beneath it; the rest is counted in `error_tree.omitted`. */
const MOST_SYNTHESIZED = 1024;

/** Sends failing fragments to the user's exporters. Until one is attached, nothing is exported. */
export class ForcedExport {
  readonly #options: ExportOptions;
  readonly #health: Health;
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  readonly #timing: Timing;
  readonly #failures: FailureSink | undefined;
  readonly #policy: ExportPolicy;
  readonly #synthesizer: SpanSynthesizer;
  readonly #redaction: SpanRedaction | undefined;
  readonly #recentKinds = new RecentKinds();
  readonly #targets: SharedExporter[] = [];
  /** The resource of this process, as its spans have it. */
  #resource: ReadableSpan["resource"] | undefined;

  constructor(
    options: ExportOptions,
    health: Health,
    { clock = SYSTEM_CLOCK, timing = SYSTEM_TIMING, failures }: ExportTime = {},
  ) {
    this.#options = options;
    this.#health = health;
    this.#clock = clock;
    this.#timing = timing;
    this.#failures = failures;
    this.#policy = new ExportPolicy(options, health, clock);
    this.#synthesizer = new SpanSynthesizer();
    const { redactSpans = false, messages = true, frames = true } = options;
    const rules = rulesOf(options.redact);
    const onCut = (texts: number): void => health.count("texts_cut", texts);
    this.#redaction = redactSpans ? new SpanRedaction({ messages, frames, rules }, onCut) : undefined;
  }

  /**
   * Adds an exporter for forced spans. Other users of this exporter must use the returned one; it closes once, last. With
   * `isClosedByOther` one of them shuts it down, and we do not: it may have spans that wait for their resource.
   */
  attach(exporter: SpanExporter, isClosedByOther = false): SpanExporter {
    const parts = { exporter, options: this.#options, health: this.#health, timing: this.#timing };
    const target = new SharedExporter(parts, isClosedByOther);
    this.#targets.push(target);
    return target;
  }

  /** What waits: spans for the exporters, and failed trees not yet counted by an exported span. */
  get waiting(): { readonly spans: number; readonly trees: number } {
    let spans = 0;
    for (const { queue } of this.#targets) spans += queue.held.spans;
    return { spans, trees: this.#policy.pending + (this.#targets[0]?.queue.held.represents ?? 0) };
  }

  /** True as long as anything waits. */
  get isWaiting(): boolean {
    const { spans, trees } = this.waiting;
    return spans > 0 || trees > 0;
  }

  /** Decides whether a fragment is exported. */
  decide(view: FragmentView<ReadableSpan>): ExportChoice {
    if (this.#targets.length === 0) return { exported: false };
    this.#resource = view.root.resource;
    return this.#policy.decide(view);
  }

  /** Attributes with the tree for a head-sampled root, which the SDK exports. */
  rootAttributes(facts: RootFacts): Attributes {
    return rootAttributes(facts);
  }

  /** Counts what a head-sampled root stands for; `written` is false if it had ended before its attributes could be set. */
  countRepresented(represents: number, written: boolean): void {
    this.#health.count(written ? "represents_written" : "represents_dropped", represents);
  }

  /** Takes a fragment of which something is to be written, and queues that. */
  accept(fragment: FinishedFragment): void {
    if (this.#targets.length > 0) this.#redacting((redact) => this.#write(fragment, redact));
  }

  #write(fragment: FinishedFragment, redact: RedactSpan): void {
    const { verdict, tree, rootSpanId, represents = 0 } = fragment;
    const parents = new ShownParents(fragment);
    const own = forcedSpans(fragment, { parents, redact, isHidden: (span) => this.#isHidden(span) });
    // Only the root span says what it stands for.
    const written = own.spans.some((span) => span.spanContext().spanId === rootSpanId) ? represents : 0;
    if (written !== represents) this.#health.count("represents_dropped", represents);
    const callees = fragment.callees.map((callee) => {
      return { ...callee, above: parents.shown(callee.span.spanContext().spanId) };
    });
    const beneath = this.#synthesizer.spansOf(callees, MOST_SYNTHESIZED);
    if (beneath.spans.length > 0) this.#health.count("spans_synthesized", beneath.spans.length);
    if (beneath.left > 0) this.#health.count("spans_shed", beneath.left);
    const all = [...own.spans, ...beneath.spans.map(redact)];
    if (all.length === 0) return;
    const spans = withOmitted(all, beneath.left);
    const weights = [...own.weights, ...beneath.weights];
    const isUrgent = tree !== undefined && this.#recentKinds.isFirst(kindOf(tree.raw), this.#timing.now());
    this.#add({ spans, weights, verdict, represents: written, isUrgent });
  }

  /** Exports what has failed so far in a job that still runs; false if the limits refuse it, or nothing is exported. */
  progress(root: ReadableSpan, tree: BuiltTree, moment: number): boolean {
    if (this.#targets.length === 0 || this.#isHidden(root) || !this.#policy.admits(tree)) return false;
    const span = progressSpan(root, tree.redacted(), { now: this.#clock.now(), moment });
    this.#redacting((redact) =>
      this.#add({ spans: [redact(span as WrittenSpan)], verdict: "failed", represents: 0, isUrgent: true }),
    );
    return true;
  }

  /** Exports summaries of what no export has accounted for in time. To be called now and then. */
  sweep(): void {
    for (const trees of this.#policy.takeOverdue()) this.#summarize(trees);
  }

  /**
   * Takes all that waits, because the process ends: for each exporter the spans of its fragments, the failed and the newest ones
   * first. What was on its way to an exporter is among them, because nobody will know whether it has arrived.
   */
  takeAll(): readonly (readonly (readonly ReadableSpan[])[])[] {
    this.#summarizeAll();
    return this.#targets.map(({ queue }) => {
      const held = queue.takeAll().toReversed();
      return held.toSorted((a, b) => b.rank - a.rank).map(({ spans }) => spans);
    });
  }

  /** Exports spans that an earlier process left, to the exporter of this place; to the first one if there is none. */
  async resend(target: number, spans: readonly ReadableSpan[]): Promise<"arrived" | "refused" | "later"> {
    const exporter = this.#targets[target] ?? this.#targets[0];
    if (exporter === undefined) return "later";
    const error = await exporter.exportNow(spans);
    if (error === undefined) return "arrived";
    // An exporter that refuses everything may be one that is set up wrongly.
    return remedyFor(error) === "split" ? "refused" : "later";
  }

  /** Also of what the limiter holds back, because the process may be frozen now and never continue. */
  async forceFlush(): Promise<void> {
    this.#summarizeAll();
    await allOf(this.#targets.map((target) => target.forceFlush()));
  }

  async shutdown(): Promise<void> {
    this.#summarizeAll();
    await allOf(this.#targets.map((target) => target.close()));
  }

  #summarizeAll(): void {
    for (const trees of this.#policy.takePending()) this.#summarize(trees);
  }

  /** Exports one span in place of all that failed in the same way and were not exported. */
  #summarize(trees: UnexportedTrees): void {
    const { represents } = trees;
    const spans = this.#resource === undefined ? [] : [summarySpan(trees, this.#resource, this.#clock.now())];
    this.#redacting((redact) => this.#add({ spans: spans.map(redact), verdict: "failed", represents }));
    if (this.#failures?.isWanted) this.#failures.tell(summaryOf(trees));
  }

  /** Calls `work` with what redacts the spans of one request, or leaves them as they are. */
  #redacting(work: (redact: RedactSpan) => void): void {
    if (this.#redaction === undefined) work((span) => span);
    else this.#redaction.within(work);
  }

  /** Queues it for every exporter; what it stands for is counted with the first. */
  #add(fragment: QueuedFragment): void {
    for (const [i, { queue }] of this.#targets.entries()) {
      queue.add(i === 0 ? fragment : { ...fragment, represents: 0 });
    }
  }

  #isHidden(span: ReadableSpan): boolean {
    try {
      return this.#options.neverExport?.(span) ?? false;
    } catch (error) {
      // Whether the user meant to keep this span back is unknown: it is kept back.
      this.#health.failed("neverExport", error);
      return true;
    }
  }
}

/** Waits for all, even if one fails; then rejects with the first failure. */
async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) {
    if (result.status === "rejected") throw result.reason;
  }
}

interface ForcedSpansParts {
  readonly parents: ShownParents;
  readonly redact: RedactSpan;
  readonly isHidden: (span: ReadableSpan) => boolean;
}

/** Forces the spans that the head sampler would have dropped; the SDK exports head-sampled ones when they end. */
function forcedSpans(
  fragment: FinishedFragment,
  { parents, redact, isHidden }: ForcedSpansParts,
): Pick<QueuedFragment, "spans"> & { readonly weights: readonly Weight[] } {
  const spans: WrittenSpan[] = [];
  const weights: Weight[] = [];
  for (const [i, span] of fragment.spans.entries()) {
    if (span.isSampled && !(fragment.cutOff && span.attributes["error_tree.unended"] === true)) continue;
    if (isHidden(span)) {
      parents.hide(span.spanContext().spanId);
    } else {
      spans.push(span);
      weights.push(fragment.weights[i] as Weight);
    }
  }
  for (const level of [CAUSE, FAILED, WELL]) {
    for (const [i, span] of spans.entries()) if (weights[i]?.level === level) redact(span);
  }
  for (const span of spans) {
    const { spanId } = span.spanContext();
    // A head-sampled root has its attributes already.
    const isBare = spanId === fragment.rootSpanId && !span.isSampled;
    force(span, {
      parentSpanId: parents.of(spanId),
      ...(isBare ? { attributes: attributesOfRoot(fragment) } : undefined),
    });
  }
  return { spans, weights };
}

function attributesOfRoot(fragment: FinishedFragment): Attributes {
  const { role, tree, verdict, represents, late, decidedAt } = fragment;
  return {
    ...(tree === undefined
      ? { "error_tree.verdict": verdict }
      : rootAttributes({ role, verdict, tree: tree.redacted(), represents })),
    "error_tree.forced": true,
    "error_tree.decided_at": new Date(decidedAt).toISOString(),
    ...(late ? { "error_tree.late": true } : undefined),
  };
}
