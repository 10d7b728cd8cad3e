// Finds the fragment of every span, and bounds what is kept of the fragments in flight.
import type { Context } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import type { Clock } from "../clock.ts";
import { EXCHANGE_KEY, type Exchange } from "../exchange.ts";
import type { Health } from "../health/health.ts";
import { CLIENT, CONSUMER, SERVER } from "../spans/otel.ts";
import { serviceNameOf } from "../spans/service-name.ts";
import { estimatedHeapBytes } from "../spans/span-bytes.ts";
import { ROLE_ATTRIBUTE, ROLE_KEY } from "../spans/span-role.ts";
import type { Role } from "../tree/role.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import { Fragment } from "./fragment.ts";
import type { KeptEntry } from "./fragment-spans.ts";
import { isJob } from "./job.ts";
import { fragmentOf, hasLeft } from "./of-exchange.ts";
import { type LiveSpan, newEntry, type SpanEntry } from "./span-entry.ts";
import { AgeList, SpanTable } from "./span-table.ts";
import { nodesLostWith, UnkeptCalls } from "./unkept-calls.ts";

/** Bounds on what is kept. */
export interface TableOptions {
  /** Detached fragments count as roots: the service stands behind a browser or gateway that starts traces. */
  readonly entry: boolean;
  readonly maxSpansPerFragment: number;
  readonly maxFragments: number;
  /** Context key of this set-up's exchanges: another set-up does not see them. @default EXCHANGE_KEY */
  readonly exchangeKey?: symbol;
}

/** How many spans are looked at to find one that can be dropped: bounds the work of a span's start. */
const EVICTION_PROBES = 32;

/** Finds the fragment of every span, and drops spans and fragments that have no room. */
export class FragmentTable {
  readonly #options: TableOptions;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #exchangeKey: symbol;
  readonly #entries = new SpanTable<KeptEntry>();
  readonly #unkept = new UnkeptCalls();
  readonly #fragments = new AgeList<Fragment>();
  /** Fragments that hit the bound on spans, by trace id. A span that was not kept is found by this alone. */
  readonly #overflowed = new Map<string, Fragment>();
  #resource: LiveSpan["resource"] | undefined;
  #service = UNKNOWN_SERVICE;
  #moment = 0;
  #bytes = 0;
  #isClosed = false;

  constructor(options: TableOptions, health: Health, clock: Clock) {
    this.#options = options;
    this.#health = health;
    this.#clock = clock;
    this.#exchangeKey = options.exchangeKey ?? EXCHANGE_KEY;
  }

  get size(): number {
    return this.#fragments.size;
  }

  /** True from the first span on. */
  get hasSeenSpans(): boolean {
    return this.#moment > 0;
  }

  /** Fragments in flight, the oldest first. */
  fragments(): Iterable<Fragment> {
    return this.#fragments;
  }

  /** The next moment: a number in the order of all starts and ends of the process, not a time. */
  tick(): number {
    return ++this.#moment;
  }

  entry(spanId: string): KeptEntry | undefined {
    return this.#entries.get(spanId);
  }

  /** The entry of a call, also of one that is not kept. */
  call(spanId: string): KeptEntry | undefined {
    return this.#entries.get(spanId) ?? this.#unkept.get(spanId);
  }

  /** Forgets a call that is not kept, when it is over. */
  forgetUnkept(entry: KeptEntry): void {
    this.#unkept.delete(entry);
  }

  /** The fragment of a trace of which not all spans are kept. */
  overflowed(traceId: string): Fragment | undefined {
    return this.#overflowed.get(traceId);
  }

  /** True if another fragment has to go before one can begin. */
  get isFull(): boolean {
    return this.#fragments.size >= this.#options.maxFragments;
  }

  /** The fragment that goes first when there is no room for another one. */
  get oldest(): Fragment | undefined {
    return this.#fragments.oldest;
  }

  /** Adds a span that starts to its fragment; false if it belongs to none, and has to begin one. */
  add(span: LiveSpan, context: Context): boolean {
    const { spanId, traceId } = span.spanContext();
    const parentContext = span.parentSpanContext;
    const parent = parentContext === undefined ? undefined : this.#entries.get(parentContext.spanId);
    const exchange = this.#exchangeIn(context);
    let fragment: Fragment | undefined;
    let again = false;
    // Asked by a client of this same process: the answer needs a fragment of its own.
    const asked = exchange?.ask !== undefined && exchange.fragment === undefined && parentContext?.isRemote;
    if (parent !== undefined && parent.fragment.traceId === traceId && span.kind !== CONSUMER && !asked) {
      fragment = parent.fragment;
      again = span.kind === SERVER && exchange !== undefined && exchange === fragment.exchange;
    } else if (span.kind !== CONSUMER) {
      // If the parent is of this process, and is not known, it was dropped to make room.
      const wasHere = parentContext !== undefined && !parentContext.isRemote;
      fragment = fragmentOf(exchange, traceId) ?? (wasHere ? this.#overflowed.get(traceId) : undefined);
      again = fragment !== undefined && span.kind === SERVER;
    }
    if (fragment === undefined) {
      if (span.kind === CONSUMER || !hasLeft(exchange, traceId)) return false;
      this.#health.count("spans_untracked");
      return true;
    }
    if (fragment.routing === undefined) fragment.routed(getRPCMetadata(context));
    if (fragment.entries.length >= this.#options.maxSpansPerFragment && !this.#makeRoom(fragment)) {
      this.#health.count("spans_untracked");
      if (span.kind === CLIENT) this.#unkept.add(this.#entryOf(fragment, span, spanId, parent, again));
      return true;
    }
    const role = context.getValue(ROLE_KEY);
    if (role !== undefined && span.attributes[ROLE_ATTRIBUTE] === undefined) {
      span.setAttribute(ROLE_ATTRIBUTE, role as string);
    }
    this.#keep(this.#entryOf(fragment, span, spanId, parent, again));
    return true;
  }

  /** Begins a fragment with its first span; does nothing after {@link close}. */
  begin(span: LiveSpan, context: Context): void {
    if (this.#isClosed) return;
    const { spanId, traceId } = span.spanContext();
    const parentContext = span.parentSpanContext;
    const exchange = this.#exchangeIn(context);
    // A consumer, or a child that outlived its fragment, does not answer this exchange.
    const answers =
      exchange?.fragment === undefined && (parentContext?.isRemote ?? true) && span.kind !== CONSUMER;
    const own = answers ? exchange : undefined;
    const role = this.#roleOf(span, own);
    const fragment = new Fragment({
      traceId,
      role,
      service: this.#serviceOf(span.resource),
      exchange: own,
      // A sidecar may have rewritten the trace context; the ask names the span that is really above.
      parentId: (role === "asked" ? own?.ask?.id : undefined) ?? parentContext?.spanId,
      began: this.#clock.monotonic(),
    });
    this.#keep(this.#entryOf(fragment, span, spanId, undefined, false));
    if (own !== undefined) {
      // A message that asks has a span of its own, linked to the one that an instrumentation had begun for it.
      const taken = role === "asked" ? this.#entries.get(span.links[0]?.context?.spanId ?? "") : undefined;
      if (taken?.span.kind === CONSUMER) taken.fragment.spanNoted(taken, "wraps");
      own.fragment = fragment;
      own.first = span.spanContext();
    }
    this.#fragments.add(fragment);
  }

  /** Bytes that all spans in flight take on the heap, by estimate, as far as they were looked at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Looks at a span. */
  weigh(entry: KeptEntry): void {
    const before = entry.bytes;
    entry.fragment.weighed(entry, bytesOf(entry.span));
    this.#bytes += entry.bytes - before;
  }

  /** Drops the spans of a fragment that succeeded; returns how many. What starts beneath them later still belongs to it. */
  thin(fragment: Fragment): number {
    const before = fragment.bytes;
    const gone = fragment.dropDone();
    this.#bytes += fragment.bytes - before;
    for (const { spanId } of gone) this.#entries.delete(spanId);
    if (gone.length > 0) this.#overflowed.set(fragment.traceId, fragment);
    return gone.length;
  }

  /** Takes a fragment out of flight. */
  release(fragment: Fragment): void {
    this.#bytes -= fragment.bytes;
    fragment.handedOver();
    this.#fragments.delete(fragment);
    this.#unkept.release(fragment);
    if (this.#overflowed.get(fragment.traceId) === fragment) this.#overflowed.delete(fragment.traceId);
    const { entries } = fragment;
    for (let i = 0; i < entries.length; i++) this.#entries.delete((entries[i] as SpanEntry).spanId);
  }

  /** Takes a fragment out of flight to make room: it keeps its root, so that its answer can still be given. */
  evict(fragment: Fragment): void {
    this.release(fragment);
    let nodes = 0;
    const now = this.#clock.now();
    for (const entry of fragment.entries) {
      if (entry.suspect && entry !== fragment.root) nodes += nodesLostWith(entry, now);
    }
    fragment.evicted(nodes);
  }

  /** Keeps a fragment for the same time again. */
  renew(fragment: Fragment, now: number): void {
    this.#fragments.delete(fragment);
    fragment.renewed(now);
    this.#fragments.add(fragment);
  }

  /** Begins no fragment any more; those that are in flight go on. */
  close(): void {
    this.#isClosed = true;
  }

  #exchangeIn(context: Context): Exchange | undefined {
    return context.getValue(this.#exchangeKey) as Exchange | undefined;
  }

  /** SDK 3 makes a resource's attributes anew whenever they are read, and all spans have the same resource. */
  #serviceOf(resource: LiveSpan["resource"]): string {
    if (resource === this.#resource) return this.#service;
    this.#service = serviceNameOf(resource) ?? UNKNOWN_SERVICE;
    // Resource detectors that are still running may change the name.
    if (resource.asyncAttributesPending !== true) this.#resource = resource;
    return this.#service;
  }

  #roleOf(span: LiveSpan, exchange: Exchange | undefined): Role {
    if (span.parentSpanContext === undefined) return "root";
    if (exchange?.ask !== undefined) return "asked";
    return this.#options.entry && span.parentSpanContext.isRemote ? "root" : "detached";
  }

  #keep(entry: KeptEntry): void {
    entry.fragment.spanStarted(entry);
    this.#entries.add(entry);
  }

  #entryOf(
    fragment: Fragment,
    span: LiveSpan,
    spanId: string,
    parent: SpanEntry | undefined,
    again: boolean,
  ): KeptEntry {
    // Only the duration of calls is needed, and reading the clock takes time.
    const began = span.kind === CLIENT ? this.#clock.monotonic() : 0;
    return newEntry({ fragment, span, spanId, parent, again, began, start: ++this.#moment });
  }

  /** Makes room for one more span: drops one that succeeded and has no children; in a job, else the oldest failure. */
  #makeRoom(fragment: Fragment): boolean {
    this.#overflowed.set(fragment.traceId, fragment);
    const before = fragment.bytes;
    const now = this.#clock.now();
    const gone =
      fragment.makesRoom(EVICTION_PROBES) ??
      (isJob(fragment) ? fragment.forgetsFailure((entry) => nodesLostWith(entry, now)) : undefined);
    this.#bytes += fragment.bytes - before;
    if (gone === undefined) return false;
    this.#health.count("spans_evicted");
    this.#entries.delete(gone.spanId);
    return true;
  }
}

/** Never fails, whatever the program has put into the span. */
function bytesOf(span: LiveSpan): number {
  try {
    return estimatedHeapBytes(span);
  } catch {
    return LEAST_BYTES;
  }
}

/** What a span counts of which nothing can be read. */
const LEAST_BYTES = 2_000;
