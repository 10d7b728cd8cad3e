// Spans into fragments, fragments into outcomes: the bookkeeping behind the span processor, and all of its bounds.
import type { Context } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import type { Code } from "../model/code.ts";
import {
  type AnswerDesk,
  type CallDesk,
  type Clock,
  EXCHANGE_KEY,
  type Exchange,
  type FragmentSink,
  type Health,
  type Outcome,
  type ResponseBody,
  type Role,
} from "../model/ports.ts";
import type { ErrorTree } from "../model/tree.ts";
import type { Fragment, LiveSpan, SpanEntry } from "./fragment.ts";
import { type DecidedOutcome, outcomeOf, treeOf } from "./outcome.ts";
import { errorFacts, isSuspect } from "./read-span.ts";
import { snapshotOf } from "./snapshot.ts";

/** Bounds of the collector. */
export interface CollectorOptions {
  /** Detached fragments count as roots: the service stands behind a browser or gateway that starts traces. */
  readonly entry: boolean;
  readonly maxSpansPerFragment: number;
  readonly maxFragments: number;
  readonly fragmentTimeoutMs: number;
  readonly settleMs: number;
}

const CLIENT = 2;
const SERVER = 1;
const CONSUMER = 4;
const SWEEP_MS = 500;
/** How many spans are looked at to find one that can be let go: bounds the work of a span's start. */
const EVICTION_PROBES = 32;

/** Keeps the spans of every request in flight. None of its functions is called by the host directly. */
export class Collector implements AnswerDesk, CallDesk {
  readonly #options: CollectorOptions;
  readonly #sink: FragmentSink<LiveSpan>;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #stopSweep: () => void;
  readonly #entries = new Map<string, SpanEntry>();
  /** In the order of their beginnings: the first is the oldest. */
  readonly #fragments = new Set<Fragment>();
  /** Fragments that are exported and only wait for spans that live on. */
  readonly #settling = new Set<Fragment>();
  /** Fragments that hit the bound on spans, by trace: the only place where spans that are not kept are remembered. */
  readonly #overflowed = new Map<string, Fragment>();
  #sequence = 0;

  constructor(options: CollectorOptions, sink: FragmentSink<LiveSpan>, health: Health, clock: Clock) {
    this.#options = options;
    this.#sink = sink;
    this.#health = health;
    this.#clock = clock;
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
    return this.#fragments.size;
  }

  started(span: LiveSpan, context: Context): void {
    const { spanId, traceId } = span.spanContext();
    const parentContext = span.parentSpanContext;
    const parent = parentContext === undefined ? undefined : this.#entries.get(parentContext.spanId);
    const exchange = context.getValue(EXCHANGE_KEY) as Exchange | undefined;
    let fragment: Fragment | undefined;
    let again = false;
    if (parent !== undefined && parent.fragment.traceId === traceId && span.kind !== CONSUMER) {
      fragment = parent.fragment;
    } else if (span.kind !== CONSUMER) {
      fragment = fragmentOf(exchange, traceId) ?? this.#overflowed.get(traceId);
      again = fragment !== undefined && span.kind === SERVER;
    }
    if (fragment === undefined) {
      this.#begin(span, exchange);
      return;
    }
    if (fragment.routing === undefined) fragment.routing = getRPCMetadata(context);
    if (fragment.entries.length >= this.#options.maxSpansPerFragment && !this.#makeRoom(fragment)) {
      this.#health.count("spans_untracked");
      return;
    }
    this.#keep(fragment, span, spanId, parent, again);
  }

  ended(span: LiveSpan): void {
    const { spanId, traceId } = span.spanContext();
    const entry = this.#entries.get(spanId);
    if (entry === undefined) {
      const fragment = this.#overflowed.get(traceId);
      if (fragment !== undefined && isSuspect(span)) fragment.lost++;
      return;
    }
    if (entry.end !== Number.POSITIVE_INFINITY) return;
    const { fragment } = entry;
    entry.end = ++this.#sequence;
    fragment.live--;
    if (entry.body?.errored) this.broke(spanId, entry.body.errored);
    if (!entry.suspect && isSuspect(span)) this.#suspect(entry);
    if (entry === fragment.root) this.#rootEnded(fragment);
    if (fragment.live === 0) this.#finish(fragment);
  }

  outcomeAtHead(exchange: Exchange, status: number): Outcome | undefined {
    const fragment = exchange.fragment as Fragment | undefined;
    if (fragment === undefined) return undefined;
    fragment.status = status;
    return this.#decide(fragment);
  }

  operationOf(spanId: string): string | undefined {
    return this.#entries.get(spanId)?.span.name;
  }

  responded(
    spanId: string,
    status: number,
    outcome: Outcome | undefined,
    body: ResponseBody | undefined,
  ): void {
    const entry = this.#entries.get(spanId);
    if (entry === undefined) return;
    entry.status = status;
    entry.answered = ++this.#sequence;
    entry.outcome = outcome;
    entry.body = body;
    if (status >= 400 || outcome?.tree !== undefined || outcome?.exported) this.#suspect(entry);
  }

  broke(spanId: string, error: unknown): void {
    const entry = this.#entries.get(spanId);
    if (entry === undefined || entry.broke !== undefined) return;
    entry.broke = errorFacts(error);
    this.#suspect(entry);
  }

  /** The tree of the request that the span belongs to, as things stand; `undefined` where nothing failed so far. */
  treeSoFar(spanId: string): ErrorTree | undefined {
    const fragment = this.#entries.get(spanId)?.fragment;
    return fragment === undefined ? undefined : treeOf(fragment);
  }

  /** Marks the request that the span belongs to as failed; false where it is not recorded, or has been answered. */
  fail(spanId: string, error: unknown, code: Code | undefined): boolean {
    const fragment = this.#entries.get(spanId)?.fragment;
    if (fragment === undefined || fragment.decision !== undefined) return false;
    fragment.failure = { ...errorFacts(error), code };
    fragment.suspects++;
    return true;
  }

  /** Lets go of fragments whose time is over. */
  sweep(): void {
    const now = this.#clock.now();
    for (const fragment of this.#settling) if (now >= fragment.deadline) this.#finish(fragment);
    for (const fragment of this.#fragments) {
      if (now - fragment.began < this.#options.fragmentTimeoutMs) break;
      this.#health.count("fragments_timed_out");
      this.#finish(fragment);
    }
  }

  /** Hands over all that is decided to be exported, without waiting for spans that live. */
  flush(): void {
    for (const fragment of this.#settling) this.#finish(fragment);
  }

  shutdown(): void {
    this.#stopSweep();
    for (const fragment of this.#fragments) if (fragment.decision?.forced) this.#finish(fragment);
    this.#fragments.clear();
    this.#settling.clear();
    this.#overflowed.clear();
    this.#entries.clear();
  }

  #begin(span: LiveSpan, exchange: Exchange | undefined): void {
    if (this.#fragments.size >= this.#options.maxFragments) this.#evictOldest();
    const { spanId, traceId } = span.spanContext();
    const parentContext = span.parentSpanContext;
    // A consumer, or a child that outlived its fragment, does not answer this exchange.
    const answers =
      exchange?.fragment === undefined && (parentContext?.isRemote ?? true) && span.kind !== CONSUMER;
    const own = answers ? exchange : undefined;
    const service = span.resource.attributes["service.name"];
    const fragment: Fragment = {
      traceId,
      role: this.#roleOf(span, own),
      service: typeof service === "string" ? service : "unknown_service",
      exchange: own,
      parentId: own?.ask?.id ?? parentContext?.spanId,
      began: this.#clock.now(),
      root: undefined as unknown as SpanEntry,
      entries: [],
      live: 0,
      suspects: 0,
      lost: 0,
      cursor: 0,
      overflowed: false,
      released: false,
      evicted: false,
      routing: undefined,
      failure: undefined,
      closure: undefined,
      status: 0,
      decision: undefined,
      deadline: Number.POSITIVE_INFINITY,
    };
    fragment.root = this.#keep(fragment, span, spanId, undefined, false);
    if (own !== undefined) own.fragment = fragment;
    this.#fragments.add(fragment);
  }

  #roleOf(span: LiveSpan, exchange: Exchange | undefined): Role {
    if (span.parentSpanContext === undefined) return "root";
    if (exchange?.ask !== undefined) return "asked";
    return this.#options.entry && span.parentSpanContext.isRemote ? "root" : "detached";
  }

  #keep(
    fragment: Fragment,
    span: LiveSpan,
    spanId: string,
    parent: SpanEntry | undefined,
    again: boolean,
  ): SpanEntry {
    const entry: SpanEntry = {
      fragment,
      span,
      spanId,
      parent,
      again,
      start: ++this.#sequence,
      end: Number.POSITIVE_INFINITY,
      children: 0,
      suspect: false,
      outcome: undefined,
      status: 0,
      answered: Number.POSITIVE_INFINITY,
      body: undefined,
      broke: undefined,
    };
    fragment.entries.push(entry);
    fragment.live++;
    if (parent !== undefined) parent.children++;
    this.#entries.set(spanId, entry);
    return entry;
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
      fragment.decision = { forced, verdict, tree, at: this.#clock.now() };
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
    this.#release(fragment);
    let { decision } = fragment;
    let late = false;
    if (!decision?.forced && fragment.suspects > 0) {
      // What came to light after the head was written.
      const { forced, verdict, tree } = outcomeOf(fragment, this.#sink);
      late = decision !== undefined;
      decision = { forced, verdict, tree, at: this.#clock.now() };
    }
    if (!decision?.forced) return;
    const now = this.#clock.now();
    this.#sink.accept({
      role: fragment.role,
      verdict: decision.verdict,
      tree: decision.tree,
      rootSpanId: fragment.root.spanId,
      askId: fragment.exchange?.ask?.id,
      late,
      decidedAt: decision.at,
      spans: fragment.entries.map((entry) =>
        entry.end === Number.POSITIVE_INFINITY ? snapshotOf(entry.span, now) : entry.span,
      ),
    });
  }

  #release(fragment: Fragment): void {
    fragment.released = true;
    this.#fragments.delete(fragment);
    this.#settling.delete(fragment);
    if (this.#overflowed.get(fragment.traceId) === fragment) this.#overflowed.delete(fragment.traceId);
    const { entries } = fragment;
    for (let i = 0; i < entries.length; i++) this.#entries.delete((entries[i] as SpanEntry).spanId);
  }

  /** Room for one fragment more: the oldest keeps its root, so that its answer can still be given, and loses the rest. */
  #evictOldest(): void {
    const [oldest] = this.#fragments;
    if (oldest === undefined) return;
    this.#health.count("fragments_evicted");
    this.#release(oldest);
    oldest.evicted = true;
    let failed = 0;
    for (const entry of oldest.entries) if (entry.suspect && entry !== oldest.root) failed++;
    oldest.lost += Math.max(failed, 1);
    oldest.entries.length = 0;
    oldest.entries.push(oldest.root);
  }

  /** Room for one span more: lets go of one that ended well and has nothing beneath it. */
  #makeRoom(fragment: Fragment): boolean {
    if (!fragment.overflowed) {
      fragment.overflowed = true;
      this.#overflowed.set(fragment.traceId, fragment);
    }
    const { entries } = fragment;
    for (let probe = 0; probe < EVICTION_PROBES; probe++) {
      fragment.cursor = (fragment.cursor + 1) % entries.length;
      const entry = entries[fragment.cursor] as SpanEntry;
      const ended = entry.end !== Number.POSITIVE_INFINITY;
      if (!ended || entry.suspect || entry.children > 0 || entry === fragment.root) continue;
      if (entry.span.kind === CLIENT && entry.outcome?.exported) continue;
      this.#health.count("spans_evicted");
      this.#entries.delete(entry.spanId);
      if (entry.parent !== undefined) entry.parent.children--;
      const last = entries.pop() as SpanEntry;
      if (last !== entry) entries[fragment.cursor] = last;
      return true;
    }
    return false;
  }
}

/** The fragment that an exchange has begun and not finished, for a span of the same trace. */
function fragmentOf(exchange: Exchange | undefined, traceId: string): Fragment | undefined {
  const fragment = exchange?.fragment as Fragment | undefined;
  return fragment === undefined || fragment.released || fragment.traceId !== traceId ? undefined : fragment;
}
