// The fragments in flight and where each span belongs: all lookups, and the bounds on what is kept.
import type { Context } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import { ROLE_ATTRIBUTE, ROLE_KEY } from "../spans/span-role.ts";
import { EXCHANGE_KEY, type Exchange } from "../transports/hooks.ts";
import type { Role } from "../tree/role.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import { Fragment, type LiveSpan, letGo, type SpanEntry } from "./fragment.ts";
import { FragmentList, SpanTable } from "./span-table.ts";
import { nodesLostWith, UntrackedCalls } from "./untracked.ts";
import { countVerdict } from "./verdict-count.ts";

/** Bounds on what is kept. */
export interface TableOptions {
  /** Detached fragments count as roots: the service stands behind a browser or gateway that starts traces. */
  readonly entry: boolean;
  readonly maxSpansPerFragment: number;
  readonly maxFragments: number;
  /** Context key of this set-up's exchanges, which are none of another one's business. @default EXCHANGE_KEY */
  readonly exchangeKey?: symbol;
}

const CLIENT = 2;
const SERVER = 1;
const CONSUMER = 4;
/** How many spans are looked at to find one that can be let go: bounds the work of a span's start. */
const EVICTION_PROBES = 32;

/** Finds the fragment of every span, and lets go of what there is no room for. */
export class FragmentTable {
  readonly #options: TableOptions;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #finish: (fragment: Fragment) => void;
  readonly #exchangeKey: symbol;
  readonly #entries = new SpanTable();
  readonly #untracked = new UntrackedCalls();
  readonly #fragments = new FragmentList();
  /** Fragments that hit the bound on spans, by trace: the only place where spans that are not kept are remembered. */
  readonly #overflowed = new Map<string, Fragment>();
  #sequence = 0;
  #isClosed = false;

  /** `finish` takes fragments that have to go although their export is decided. */
  constructor(options: TableOptions, health: Health, clock: Clock, finish: (fragment: Fragment) => void) {
    this.#options = options;
    this.#health = health;
    this.#clock = clock;
    this.#finish = finish;
    this.#exchangeKey = options.exchangeKey ?? EXCHANGE_KEY;
  }

  get size(): number {
    return this.#fragments.size;
  }

  /** True from the first span on. */
  get hasSeenSpans(): boolean {
    return this.#sequence > 0;
  }

  /** Fragments in flight, the oldest first. */
  fragments(): Iterable<Fragment> {
    return this.#fragments;
  }

  /** The next number in the order of all starts and ends of the process. */
  tick(): number {
    return ++this.#sequence;
  }

  entry(spanId: string): SpanEntry | undefined {
    return this.#entries.get(spanId);
  }

  /** The entry of a call, also of one for which there was no room. */
  call(spanId: string): SpanEntry | undefined {
    return this.#entries.get(spanId) ?? this.#untracked.get(spanId);
  }

  /** Forgets a call for which there was no room, and that is over. */
  forgetUntracked(entry: SpanEntry): void {
    this.#untracked.delete(entry);
  }

  /** The fragment of a trace of which not all spans are kept. */
  overflowed(traceId: string): Fragment | undefined {
    return this.#overflowed.get(traceId);
  }

  /** Puts a span that starts where it belongs. */
  add(span: LiveSpan, context: Context): void {
    const { spanId, traceId } = span.spanContext();
    const parentContext = span.parentSpanContext;
    const parent = parentContext === undefined ? undefined : this.#entries.get(parentContext.spanId);
    const exchange = context.getValue(this.#exchangeKey) as Exchange | undefined;
    let fragment: Fragment | undefined;
    let again = false;
    // Asked by a client of this same process: the answer needs a fragment of its own.
    const asked = exchange?.ask !== undefined && exchange.fragment === undefined && parentContext?.isRemote;
    if (parent !== undefined && parent.fragment.traceId === traceId && span.kind !== CONSUMER && !asked) {
      fragment = parent.fragment;
      again = span.kind === SERVER && exchange !== undefined && exchange === fragment.exchange;
    } else if (span.kind !== CONSUMER) {
      // A parent of this process that is not known any more had to make room; one of another process was never here.
      const wasHere = parentContext !== undefined && !parentContext.isRemote;
      fragment = fragmentOf(exchange, traceId) ?? (wasHere ? this.#overflowed.get(traceId) : undefined);
      again = fragment !== undefined && span.kind === SERVER;
    }
    if (fragment === undefined) {
      if (!this.#isClosed) this.#begin(span, exchange);
      return;
    }
    if (fragment.routing === undefined) fragment.routing = getRPCMetadata(context);
    if (fragment.entries.length >= this.#options.maxSpansPerFragment && !this.#makeRoom(fragment)) {
      this.#health.count("spans_untracked");
      if (span.kind === CLIENT) this.#untracked.add(this.#entryOf(fragment, span, spanId, parent, again));
      return;
    }
    const role = context.getValue(ROLE_KEY);
    if (role !== undefined && span.attributes[ROLE_ATTRIBUTE] === undefined) {
      span.setAttribute(ROLE_ATTRIBUTE, role as string);
    }
    this.#keep(fragment, span, spanId, parent, again);
  }

  /** Takes a fragment out of flight. */
  release(fragment: Fragment): void {
    fragment.released = true;
    this.#fragments.delete(fragment);
    this.#untracked.release(fragment);
    if (this.#overflowed.get(fragment.traceId) === fragment) this.#overflowed.delete(fragment.traceId);
    const { entries } = fragment;
    for (let i = 0; i < entries.length; i++) this.#entries.delete((entries[i] as SpanEntry).spanId);
  }

  /** Lets a fragment stay for as long again, without what ended well in it. */
  renew(fragment: Fragment, now: number): void {
    this.#fragments.delete(fragment);
    fragment.began = now;
    this.#fragments.add(fragment);
    const { entries } = fragment;
    const kept: SpanEntry[] = [];
    // From the last to the first: what stands beneath a span began after it.
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i] as SpanEntry;
      if (canGo(entry)) this.#forget(entry);
      else kept.push(entry);
    }
    entries.length = 0;
    for (let i = kept.length - 1; i >= 0; i--) entries.push(kept[i] as SpanEntry);
  }

  /** Begins no fragment any more; those that are in flight go on. */
  close(): void {
    this.#isClosed = true;
  }

  #begin(span: LiveSpan, exchange: Exchange | undefined): void {
    if (this.#fragments.size >= this.#options.maxFragments) this.#evictOldest();
    const { spanId, traceId } = span.spanContext();
    const parentContext = span.parentSpanContext;
    // A consumer, or a child that outlived its fragment, does not answer this exchange.
    const answers =
      exchange?.fragment === undefined && (parentContext?.isRemote ?? true) && span.kind !== CONSUMER;
    const own = answers ? exchange : undefined;
    const role = this.#roleOf(span, own);
    const service = span.resource.attributes["service.name"];
    // A sidecar may have rewritten the trace context; the ask names the span that is really above.
    const parentId = (role === "asked" ? own?.ask?.id : undefined) ?? parentContext?.spanId;
    const name = typeof service === "string" ? service : UNKNOWN_SERVICE;
    const fragment = new Fragment(traceId, role, name, own, parentId, this.#clock.monotonic());
    fragment.root = this.#keep(fragment, span, spanId, undefined, false);
    if (own !== undefined) {
      own.fragment = fragment;
      own.first = span.spanContext();
    }
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
    const entry = this.#entryOf(fragment, span, spanId, parent, again);
    fragment.entries.push(entry);
    fragment.live++;
    if (parent !== undefined) {
      parent.children++;
      if (span.kind === CLIENT) parent.hasCall = true;
    }
    this.#entries.add(entry);
    return entry;
  }

  #entryOf(
    fragment: Fragment,
    span: LiveSpan,
    spanId: string,
    parent: SpanEntry | undefined,
    again: boolean,
  ): SpanEntry {
    return {
      fragment,
      span,
      spanId,
      parent,
      again,
      // Nobody asks for how long other spans have lived, and a look at the clock is not free.
      began: span.kind === CLIENT ? this.#clock.monotonic() : 0,
      start: ++this.#sequence,
      end: Number.POSITIVE_INFINITY,
      children: 0,
      hasCall: false,
      suspect: false,
      thinned: false,
      outcome: undefined,
      status: 0,
      answered: Number.POSITIVE_INFINITY,
      body: undefined,
      broke: undefined,
      pendingMs: undefined,
      twin: false,
      sharedError: false,
      role: undefined,
      countedAs: undefined,
      next: undefined,
    };
  }

  /** ByteBudget for one fragment more: the oldest keeps its root, so that its answer can still be given, and loses the rest. */
  #evictOldest(): void {
    const { oldest } = this.#fragments;
    if (oldest === undefined) return;
    this.#health.count("fragments_evicted");
    if (oldest.decision?.outcome.forced) {
      this.#finish(oldest);
      return;
    }
    this.release(oldest);
    countVerdict(oldest, this.#health.activity);
    oldest.spent = true;
    let lost = 0;
    const now = this.#clock.now();
    for (const entry of oldest.entries) {
      if (entry.suspect && entry !== oldest.root) lost += nodesLostWith(entry, now);
    }
    oldest.lost += Math.max(lost, 1);
    oldest.entries.length = 0;
    oldest.entries.push(oldest.root);
    if (oldest.root.end !== Number.POSITIVE_INFINITY) letGo(oldest);
  }

  /** ByteBudget for one span more: lets go of one that ended well and has nothing beneath it. */
  #makeRoom(fragment: Fragment): boolean {
    this.#overflowed.set(fragment.traceId, fragment);
    const { entries } = fragment;
    for (let probe = 0; probe < EVICTION_PROBES; probe++) {
      fragment.cursor = (fragment.cursor + 1) % entries.length;
      const entry = entries[fragment.cursor] as SpanEntry;
      if (!canGo(entry)) continue;
      this.#health.count("spans_evicted");
      this.#forget(entry);
      const last = entries.pop() as SpanEntry;
      if (last !== entry) entries[fragment.cursor] = last;
      return true;
    }
    return false;
  }

  #forget(entry: SpanEntry): void {
    this.#entries.delete(entry.spanId);
    if (entry.parent !== undefined) entry.parent.children--;
  }
}

/** True for a span that ended well and has nothing beneath it. */
function canGo(entry: SpanEntry): boolean {
  if (entry.end === Number.POSITIVE_INFINITY || entry.suspect || entry.children > 0) return false;
  return entry !== entry.fragment.root && !(entry.span.kind === CLIENT && entry.outcome?.exported);
}

/** The fragment that an exchange has begun and not finished, for a span of the same trace. */
function fragmentOf(exchange: Exchange | undefined, traceId: string): Fragment | undefined {
  const fragment = exchange?.fragment;
  if (!(fragment instanceof Fragment) || fragment.released || fragment.traceId !== traceId) return undefined;
  return fragment;
}
