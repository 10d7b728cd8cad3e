// Fragments into outcomes: what ends, what was seen on the wire, what is decided when, and who is told.
import { type Context, context, trace } from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import type { FragmentSink } from "../pipeline-types.ts";
import type { Code } from "../spans/code.ts";
import type { SpanRole } from "../spans/span-role.ts";
import type {
  CancelledCall,
  CancelReader,
  ClientHooks,
  Exchange,
  ResponseBody,
  ServerHooks,
  TrailerReader,
} from "../transports/hooks.ts";
import { type Redactor, redactNode } from "../tree/redact-node.ts";
import { type ErrorTree, verdictOf } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import { noteCall, watchCalls } from "./call-watch.ts";
import { failureOfCancelled } from "./cancelled-call.ts";
import { decisionOf, tellSame, tellsFailure, UNTOLD } from "./decision.ts";
import { Drain } from "./drain.ts";
import { finishedFragment } from "./finished.ts";
import { type DecisionFacts, Fragment, type LiveSpan, letGo, type SpanEntry } from "./fragment.ts";
import { FragmentTable, type TableOptions } from "./fragment-table.ts";
import { type Telling, toldOutcome, treeOf } from "./outcome.ts";
import { unmarkPending } from "./pending.ts";
import { errorFacts, isSampled, isSuspect } from "./read-span.ts";
import { SharedErrors } from "./shared-errors.ts";
import { takenIn } from "./taken-in.ts";
import { isOfCallee, traceparentOf } from "./traceparent.ts";
import { markTwin } from "./twin.ts";
import { recount } from "./untracked.ts";
import { UnusedSetUp } from "./unused.ts";
import { countVerdict } from "./verdict-count.ts";

/** Bounds of the collector. */
export interface CollectorOptions extends TableOptions {
  readonly fragmentTimeoutMs: number;
  /** How long an export waits for spans that outlive the answer, in milliseconds. No option: only tests set it. @default 5000 */
  readonly settleMs?: number;
  /** What of a node of our own spans may leave the process. @default the redactor without a hook */
  readonly redact?: Redactor;
}

const SWEEP_MS = 500;
const SETTLE_MS = 5_000;
const RECORDED_TWICE =
  "each call of undici or fetch has two spans, for it is instrumented twice: register one UndiciInstrumentation";

/** Keeps the spans of every request in flight. None of its functions is called by the host directly. */
export class Collector implements ServerHooks, ClientHooks {
  readonly #options: CollectorOptions;
  readonly #sink: FragmentSink<LiveSpan>;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #telling: Telling;
  readonly #readTrailers: TrailerReader;
  readonly #readCancelled: CancelReader;
  readonly #stopSweep: () => void;
  readonly #table: FragmentTable;
  /** Fragments that are exported and only wait for spans that live on. */
  readonly #settling = new Set<Fragment>();
  readonly #unused: UnusedSetUp;
  /** Set from the shutdown on. */
  #drain: Drain | undefined;

  constructor(
    options: CollectorOptions,
    sink: FragmentSink<LiveSpan>,
    health: Health,
    clock: Clock,
    readTrailers: TrailerReader,
    readCancelled: CancelReader = () => undefined,
  ) {
    this.#options = options;
    this.#sink = sink;
    this.#health = health;
    this.#clock = clock;
    this.#telling = {
      now: () => clock.now(),
      redaction: {
        redact: options.redact ?? redactNode,
        onCut: (texts) => health.count("texts_cut", texts),
      },
      shared: new SharedErrors(),
    };
    this.#readTrailers = readTrailers;
    this.#readCancelled = readCancelled;
    this.#unused = new UnusedSetUp(health);
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
      this.#untrackedEnded(span, spanId, traceId);
      return;
    }
    if (entry.end !== Number.POSITIVE_INFINITY) return;
    const { fragment } = entry;
    entry.end = this.#table.tick();
    fragment.live--;
    if (fragment.watches > 0) noteCall(entry);
    if (entry.body !== undefined) this.#bodyEnded(entry, entry.body);
    if (!entry.suspect && isSuspect(span)) this.#suspect(entry);
    if (entry === fragment.root) this.#rootEnded(fragment);
    if (fragment.live === 0) this.#finish(fragment);
    if (entry === fragment.root) this.#drain?.left(fragment);
  }

  outcomeAtHead(exchange: Exchange, status: number): Answer | undefined {
    const { fragment } = exchange;
    if (!(fragment instanceof Fragment)) {
      if (!this.#table.hasSeenSpans) this.#unused.missed();
      return undefined;
    }
    // An earlier head that could not be written, for it was wrong, decided about nothing.
    if (fragment.status !== 0 && fragment.decision !== undefined) {
      fragment.decision = { ...fragment.decision, signs: UNTOLD };
      fragment.told = Number.POSITIVE_INFINITY;
      unmarkPending(fragment);
    }
    fragment.status = status;
    return toldOutcome(this.#decide(fragment).outcome);
  }

  outcomeAtEnd(exchange: Exchange): Answer | undefined {
    const { fragment } = exchange;
    if (!(fragment instanceof Fragment) || fragment.released) return undefined;
    const told = fragment.decision?.outcome;
    if (told === undefined) return undefined;
    const { outcome } = this.#decide(fragment);
    return outcome === told || tellSame(told, outcome) ? undefined : toldOutcome(outcome);
  }

  traceparentOf({ fragment }: Exchange): string | undefined {
    return fragment instanceof Fragment ? traceparentOf(fragment) : undefined;
  }

  isOfCallee({ fragment }: Exchange, traceparent: string): boolean {
    return fragment instanceof Fragment && isOfCallee(fragment, traceparent);
  }

  operationOf(spanId: string): string | undefined {
    return this.#table.call(spanId)?.span.name;
  }

  responded(
    spanId: string,
    status: number,
    outcome: Answer | undefined,
    body: ResponseBody | undefined,
  ): void {
    const entry = this.#table.call(spanId);
    if (entry === undefined) return;
    entry.status = status;
    entry.answered = this.#table.tick();
    entry.outcome = outcome && this.#takeIn(entry, outcome);
    entry.body = body;
    if (entry.fragment.watches > 0) noteCall(entry);
    if (status >= 400 || outcome?.tree !== undefined || outcome?.exported) this.#suspect(entry);
    recount(entry, this.#clock);
  }

  recordedTwice(otherId: string, spanId: string): void {
    const other = this.#table.entry(otherId);
    // A client's own span around that of its transport is another thing.
    if (other === undefined || other.parent !== this.#table.entry(spanId)?.parent) return;
    markTwin(other);
    this.#health.once("recorded twice", RECORDED_TWICE);
  }

  amended(spanId: string, outcome: Answer): void {
    const entry = this.#table.call(spanId);
    if (entry === undefined) return;
    this.#amend(entry, outcome);
    recount(entry, this.#clock);
  }

  broke(spanId: string, error: unknown, cancelled?: CancelledCall): void {
    const entry = this.#table.call(spanId);
    if (entry === undefined || entry.broke !== undefined) return;
    const facts = errorFacts(error);
    entry.broke =
      cancelled === undefined
        ? { ...facts, code: undefined }
        : failureOfCancelled(facts, cancelled, this.#clock.monotonic() - entry.began);
    if (entry.fragment.watches > 0) noteCall(entry);
    this.#suspect(entry);
    recount(entry, this.#clock);
  }

  /** The tree of the request that the span belongs to, as things stand; `undefined` where nothing failed so far. */
  treeSoFar(spanId: string): ErrorTree | undefined {
    const fragment = this.#table.entry(spanId)?.fragment;
    return fragment === undefined ? undefined : treeOf(fragment, this.#telling)?.told();
  }

  /**
   * Marks the request that the span belongs to as failed; false where it is not recorded, or is over. What a response
   * says after its head comes late, but it comes.
   */
  fail(spanId: string, error: unknown, code: Code | undefined): boolean {
    const fragment = this.#table.entry(spanId)?.fragment;
    if (fragment === undefined || fragment.root.end !== Number.POSITIVE_INFINITY) return false;
    fragment.failure = { ...errorFacts(error), code };
    fragment.suspects++;
    return true;
  }

  /** Watches the calls of the span's request, to find the one that settles a promise; `undefined` if no such request is known. */
  watchCalls(spanId: string): ((role: SpanRole) => void) | undefined {
    const fragment = this.#table.entry(spanId)?.fragment;
    return fragment === undefined ? undefined : watchCalls(fragment);
  }

  /** Lets go of fragments whose time is over. */
  sweep(): void {
    this.#sink.sweep();
    const now = this.#clock.monotonic();
    for (const fragment of this.#settling) if (now >= fragment.deadline) this.#finish(fragment);
    for (const fragment of this.#table.fragments()) {
      if (now - fragment.began < this.#options.fragmentTimeoutMs) break;
      // A stream of hours is no leak: its socket is there, and what it holds is bounded.
      if (this.#goesOn(fragment)) {
        this.#table.renew(fragment, now);
        continue;
      }
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

  /**
   * Takes in no request any more, waits for those in flight, and hands over what is open after {@link DRAIN_MS} as it
   * stands. Then calls `done`, in this turn if nothing is in flight.
   */
  shutdown(done: () => void): void {
    if (this.#drain === undefined) {
      this.#table.close();
      const spanId = trace.getSpan(context.active())?.spanContext().spanId;
      const own = spanId === undefined ? undefined : this.#table.entry(spanId)?.fragment;
      this.#drain = new Drain(this.#table.fragments(), own, this.#clock);
      this.#drain.whenOver(() => this.#cutOff());
    }
    this.#drain.whenOver(done);
  }

  #cutOff(): void {
    this.#stopSweep();
    for (const fragment of this.#table.fragments()) {
      fragment.cutOff = true;
      if (fragment.root.end === Number.POSITIVE_INFINITY) this.#health.count("fragments_cut_off");
      try {
        this.#finish(fragment);
      } catch (error) {
        this.#health.failed("shutdown", error);
      }
      // Its answer may still come, and must promise nothing.
      fragment.spent = true;
    }
  }

  /** True where the answer is still being made or sent, and has not failed so far. Decides nothing. */
  #goesOn(fragment: Fragment): boolean {
    if (fragment.exchange?.responseEnd() !== "open") return false;
    if (fragment.status === 0) return true;
    const tree = treeOf(fragment, this.#telling);
    return tree === undefined || verdictOf(tree.raw.root) !== "failed";
  }

  #suspect(entry: SpanEntry): void {
    if (entry.suspect) return;
    entry.suspect = true;
    entry.fragment.suspects++;
  }

  /** Of a failed span that had no room only the number is left, and that something is missing beneath the span above. */
  #untrackedEnded(span: LiveSpan, spanId: string, traceId: string): void {
    const call = this.#table.call(spanId);
    if (call !== undefined) {
      call.end = this.#table.tick();
      if (call.body !== undefined) this.#bodyEnded(call, call.body);
      recount(call, this.#clock);
      this.#table.forgetUntracked(call);
      return;
    }
    const fragment = this.#table.overflowed(traceId);
    if (fragment === undefined || !isSuspect(span)) return;
    fragment.lost++;
    const above = this.#table.entry(span.parentSpanContext?.spanId ?? "");
    if (above !== undefined) above.thinned = true;
  }

  /** Looks at how a body ended, and at what came behind it. */
  #bodyEnded(entry: SpanEntry, body: ResponseBody): void {
    const { errored, rawTrailers } = body;
    if (errored) this.broke(entry.spanId, errored, this.#readCancelled(body));
    if (rawTrailers.length === 0) return;
    const outcome = this.#readTrailers(body, entry.spanId, entry.span.name);
    if (outcome !== undefined) this.#amend(entry, outcome);
  }

  /** What is kept of an answer, in place of an earlier one. */
  #takeIn(entry: SpanEntry, answer: Answer): Answer {
    const kept = takenIn(entry, answer);
    const trimmed = (kept.tree?.omitted ?? 0) - (answer.tree?.omitted ?? 0);
    if (trimmed > 0) this.#health.count("nodes_trimmed", trimmed);
    return kept;
  }

  /** A tree replaces what the head told, and what was exported stays exported. */
  #amend(entry: SpanEntry, outcome: Answer): void {
    const told = entry.outcome;
    const exported = outcome.exported || (told?.exported ?? false);
    const kept = outcome.tree === undefined ? (told ?? outcome) : this.#takeIn(entry, outcome);
    entry.outcome = { ...kept, exported };
    if (exported) entry.fragment.exportedBeneath = true;
    if (outcome.tree === undefined && !outcome.exported) return;
    entry.suspect = true;
    entry.fragment.suspects++;
  }

  #rootEnded(fragment: Fragment): void {
    const { exchange } = fragment;
    if (exchange !== undefined) {
      fragment.responseEnd = exchange.responseEnd();
      if (fragment.responseEnd === "caller-left" || fragment.responseEnd === "broken") fragment.suspects++;
    }
    if (this.#decide(fragment).outcome.forced && fragment.live > 0) {
      fragment.deadline = this.#clock.monotonic() + (this.#options.settleMs ?? SETTLE_MS);
      this.#settling.add(fragment);
    }
  }

  #decide(fragment: Fragment): DecisionFacts {
    const decision = decisionOf(fragment, this.#sink, this.#telling);
    if (decision !== fragment.decision) {
      const before = fragment.decision;
      fragment.decision = decision;
      if (fragment.told === Number.POSITIVE_INFINITY && tellsFailure(decision)) {
        fragment.told = this.#table.tick();
      }
      this.#describe(fragment.root.span, decision, before);
    }
    if (fragment.released) countVerdict(fragment, this.#health.activity);
    return decision;
  }

  /** A head-sampled root goes its normal way and tells the tree all the same. */
  #describe(span: LiveSpan, { outcome, late }: DecisionFacts, before: DecisionFacts | undefined): void {
    const { tree, verdict, represents } = outcome;
    if (tree === undefined || !isSampled(span)) return;
    const live = span.isRecording();
    const counted = before?.outcome.represents === undefined ? represents : undefined;
    if (counted !== undefined) this.#sink.countRepresented(counted, live);
    if (!live) return;
    span.setAttributes(this.#sink.rootAttributes(tree.told(), verdict, represents) as never);
    if (late) span.setAttribute("error_tree.late", true);
  }

  /** All spans have ended, or the rest is not waited for. Once its root has ended nobody asks about a fragment any more. */
  #finish(fragment: Fragment): void {
    try {
      this.#handOver(fragment);
    } finally {
      if (fragment.root.end !== Number.POSITIVE_INFINITY) letGo(fragment);
      this.#drain?.left(fragment);
    }
  }

  #handOver(fragment: Fragment): void {
    // Out of flight first: a fragment that throws must not come up again and again.
    this.#table.release(fragment);
    this.#settling.delete(fragment);
    const finished = finishedFragment(fragment, this.#decide(fragment), this.#clock.now());
    if (finished !== undefined) this.#sink.accept(finished);
  }
}
