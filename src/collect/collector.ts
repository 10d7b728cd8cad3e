// Fragments into outcomes: what ends, what was seen on the wire, what is decided when, and who is told.
import type { Context } from "@opentelemetry/api";
import type { Code } from "../model/code.ts";
import type {
  AnswerDesk,
  CallDesk,
  Clock,
  Exchange,
  FragmentSink,
  Health,
  Outcome,
  ResponseBody,
} from "../model/ports.ts";
import type { ErrorTree } from "../model/tree.ts";
import { type DecisionFacts, Fragment, type LiveSpan, OVER, type SpanEntry } from "./fragment.ts";
import { FragmentTable, type TableOptions } from "./fragment-table.ts";
import { type DecidedOutcome, outcomeOf, treeOf } from "./outcome.ts";
import { errorFacts, isSuspect } from "./read-span.ts";
import { snapshotOf } from "./snapshot.ts";

/** Bounds of the collector. */
export interface CollectorOptions extends TableOptions {
  readonly fragmentTimeoutMs: number;
  readonly settleMs: number;
}

const SWEEP_MS = 500;

/** Keeps the spans of every request in flight. None of its functions is called by the host directly. */
export class Collector implements AnswerDesk, CallDesk {
  readonly #options: CollectorOptions;
  readonly #sink: FragmentSink<LiveSpan>;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #stopSweep: () => void;
  readonly #table: FragmentTable;
  /** Fragments that are exported and only wait for spans that live on. */
  readonly #settling = new Set<Fragment>();

  constructor(options: CollectorOptions, sink: FragmentSink<LiveSpan>, health: Health, clock: Clock) {
    this.#options = options;
    this.#sink = sink;
    this.#health = health;
    this.#clock = clock;
    this.#table = new FragmentTable(options, health, clock, (fragment) => this.#finish(fragment));
    this.#stopSweep = clock.every(SWEEP_MS, () => {
      try {
        this.sweep();
      } catch (error) {
        health.failed("sweep", error);
      }
    });
  }

  /** Fragments in flight. */
  get size(): number {
    return this.#table.size;
  }

  started(span: LiveSpan, context: Context): void {
    this.#table.add(span, context);
  }

  ended(span: LiveSpan): void {
    const { spanId, traceId } = span.spanContext();
    const entry = this.#table.entry(spanId);
    if (entry === undefined) {
      const fragment = this.#table.overflowed(traceId);
      if (fragment !== undefined && isSuspect(span)) fragment.lost++;
      return;
    }
    if (entry.end !== Number.POSITIVE_INFINITY) return;
    const { fragment } = entry;
    entry.end = this.#table.tick();
    fragment.live--;
    if (entry.body?.errored) this.broke(spanId, entry.body.errored);
    if (!entry.suspect && isSuspect(span)) this.#suspect(entry);
    if (entry === fragment.root) this.#rootEnded(fragment);
    if (fragment.live === 0) {
      this.#finish(fragment);
      letGo(fragment);
    }
  }

  outcomeAtHead(exchange: Exchange, status: number): Outcome | undefined {
    const { fragment } = exchange;
    if (!(fragment instanceof Fragment)) return undefined;
    // An earlier head that could not be written, for it was wrong, decided about nothing.
    if (fragment.status !== 0) fragment.decision = undefined;
    fragment.status = status;
    return this.#decide(fragment);
  }

  operationOf(spanId: string): string | undefined {
    return this.#table.entry(spanId)?.span.name;
  }

  responded(
    spanId: string,
    status: number,
    outcome: Outcome | undefined,
    body: ResponseBody | undefined,
  ): void {
    const entry = this.#table.entry(spanId);
    if (entry === undefined) return;
    entry.status = status;
    entry.answered = this.#table.tick();
    entry.outcome = outcome;
    entry.body = body;
    if (status >= 400 || outcome?.tree !== undefined || outcome?.exported) this.#suspect(entry);
  }

  broke(spanId: string, error: unknown): void {
    const entry = this.#table.entry(spanId);
    if (entry === undefined || entry.broke !== undefined) return;
    entry.broke = errorFacts(error);
    this.#suspect(entry);
  }

  /** The tree of the request that the span belongs to, as things stand; `undefined` where nothing failed so far. */
  treeSoFar(spanId: string): ErrorTree | undefined {
    const fragment = this.#table.entry(spanId)?.fragment;
    return fragment === undefined ? undefined : treeOf(fragment);
  }

  /** Marks the request that the span belongs to as failed; false where it is not recorded, or has been answered. */
  fail(spanId: string, error: unknown, code: Code | undefined): boolean {
    const fragment = this.#table.entry(spanId)?.fragment;
    if (fragment === undefined || fragment.decision !== undefined) return false;
    fragment.failure = { ...errorFacts(error), code };
    fragment.suspects++;
    return true;
  }

  /** Lets go of fragments whose time is over. */
  sweep(): void {
    const now = this.#clock.now();
    for (const fragment of this.#settling) if (now >= fragment.deadline) this.#finish(fragment);
    for (const fragment of this.#table.fragments()) {
      if (now - fragment.began < this.#options.fragmentTimeoutMs) break;
      this.#health.count("fragments_timed_out");
      this.#finish(fragment);
      // Its answer may still come; what happens until then will not be in it.
      fragment.spent = true;
      fragment.lost = Math.max(fragment.lost, 1);
    }
  }

  /** Hands over all that is decided to be exported, without waiting for spans that live. */
  flush(): void {
    for (const fragment of this.#settling) this.#finish(fragment);
  }

  shutdown(): void {
    this.#stopSweep();
    for (const fragment of this.#table.fragments()) if (fragment.decision?.forced) this.#finish(fragment);
    this.#table.clear();
    this.#settling.clear();
  }

  #suspect(entry: SpanEntry): void {
    if (entry.suspect) return;
    entry.suspect = true;
    entry.fragment.suspects++;
  }

  #rootEnded(fragment: Fragment): void {
    const { exchange } = fragment;
    if (exchange !== undefined) {
      fragment.closure = exchange.closure();
      if (fragment.closure !== "finished") fragment.suspects++;
    }
    if (this.#decide(fragment).forced && fragment.live > 0) {
      fragment.deadline = this.#clock.now() + this.#options.settleMs;
      this.#settling.add(fragment);
    }
  }

  /** Outcome and export of a fragment; the first call decides about the export. */
  #decide(fragment: Fragment): DecidedOutcome {
    const outcome = outcomeOf(fragment, this.#sink, fragment.decision?.forced);
    if (fragment.decision === undefined) {
      const { forced, verdict, tree } = outcome;
      fragment.decision = { forced, verdict, tree, at: this.#clock.now(), suspects: fragment.suspects };
      this.#describe(fragment);
    }
    return outcome;
  }

  /** A head-sampled root goes its normal way and tells the tree all the same. */
  #describe(fragment: Fragment): void {
    const { span } = fragment.root;
    const { tree, verdict } = fragment.decision ?? {};
    if (tree === undefined || verdict === undefined || (span.spanContext().traceFlags & 1) === 0) return;
    if (span.isRecording()) span.setAttributes(this.#sink.rootAttributes(tree, verdict) as never);
  }

  /** All spans have ended, or the rest is not waited for. */
  #finish(fragment: Fragment): void {
    // Out of flight first: a fragment that throws must not come up again and again.
    this.#table.release(fragment);
    this.#settling.delete(fragment);
    const last = this.#lastWord(fragment);
    const { forced, verdict, tree, at } = last;
    const before = fragment.decision?.verdict;
    // An answer that comes after a time limit promises what was exported then.
    fragment.decision ??= last;
    if (!forced) return;
    const now = this.#clock.now();
    this.#sink.accept({
      role: fragment.role,
      verdict,
      tree,
      rootSpanId: fragment.root.spanId,
      parentId: fragment.parentId,
      late: before !== undefined && before !== "failed" && verdict === "failed",
      decidedAt: at,
      spans: fragment.entries.map((entry) =>
        entry.end === Number.POSITIVE_INFINITY ? snapshotOf(entry.span, now) : entry.span,
      ),
    });
  }

  /** What was decided, or what came to light after that: a failure behind the head may make an export of its own. */
  #lastWord(fragment: Fragment): DecisionFacts {
    const { decision, suspects } = fragment;
    if (decision !== undefined && (decision.verdict === "failed" || decision.suspects === suspects)) {
      return decision;
    }
    const { forced, verdict, tree } = outcomeOf(fragment, this.#sink, decision?.forced || undefined);
    return { forced, verdict, tree, at: decision?.at ?? this.#clock.now(), suspects };
  }
}

/**
 * Cuts a fragment that is over into its pieces. Contexts hold exchanges, and sockets that are kept alive hold the contexts
 * in which they were opened: for as long as they live, spans, request and response would live with them. And whatever has
 * reached the old generation keeps what it points to from being collected with the young.
 */
function letGo(fragment: Fragment): void {
  const { entries, exchange } = fragment;
  for (let i = 0; i < entries.length; i++) (entries[i] as SpanEntry).body = undefined;
  entries.length = 0;
  if (exchange === undefined) return;
  exchange.fragment = OVER;
  exchange.release();
}
