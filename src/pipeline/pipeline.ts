// Leads a request from top to bottom: a span starts, the head is written, the request ends, its fragment is exported.
import type { Context } from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import type { Exchange } from "../exchange.ts";
import { Calls } from "../fragments/calls.ts";
import { reportSame } from "../fragments/decision.ts";
import { Drain } from "../fragments/drain.ts";
import { Fragment } from "../fragments/fragment.ts";
import { FragmentTable } from "../fragments/fragment-table.ts";
import { isSuspect } from "../fragments/read-span.ts";
import type { TreeContext } from "../fragments/result.ts";
import type { LiveSpan } from "../fragments/span-entry.ts";
import { isOfCallee, traceparentOf } from "../fragments/traceparent.ts";
import { UnusedSetUp } from "../fragments/unused.ts";
import type { Health } from "../health/health.ts";
import type { StatusHooks } from "../transports/hooks.ts";
import type { FailureSink } from "../tree/failed-request.ts";
import { redactNode } from "../tree/redact-node.ts";
import type { GoodTraces } from "../trickle/good-traces.ts";
import type { Answer } from "../wire/messages.ts";
import { Decisions, type Exports } from "./decisions.ts";
import { activeSpanId, EndOfProcess, requestOf } from "./end-of-process.ts";
import { tellIfFailed } from "./failed.ts";
import { finishedFragment } from "./finished.ts";
import { Flow } from "./flow.ts";
import { Jobs } from "./jobs.ts";
import { Leaving } from "./leaving.ts";
import type { PipelineOptions, PipelineParts } from "./pipeline-parts.ts";
import { ProgramCalls } from "./program-calls.ts";
import { answerOf, goesOn, handlerFailed, isAwaited } from "./response.ts";
import { Room } from "./room.ts";

const SWEEP_MS = 500;
const SETTLE_MS = 5_000;
/** Joins transports, fragments and the export side. None of its functions is called by the host directly. */
export class Pipeline implements StatusHooks {
  /** What happens to calls. */
  readonly calls: Calls;
  /** What happens when the process ends without a shutdown. */
  readonly end: EndOfProcess;
  /** What a program asks and says. */
  readonly program: ProgramCalls;
  readonly #options: PipelineOptions;
  readonly #exports: Exports;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #trees: TreeContext;
  readonly #table: FragmentTable;
  readonly #decisions: Decisions;
  readonly #room: Room;
  readonly #jobs: Jobs;
  /** Fragments that will be exported, and only wait for spans that have not ended. */
  readonly #waiting = new Set<Fragment>();
  readonly #leaving: Leaving;
  readonly #unused: UnusedSetUp;
  readonly #flow: Flow | undefined;
  readonly #failures: FailureSink | undefined;
  readonly #goodTraces: GoodTraces | undefined;
  readonly #stopSweep: () => void;
  /** Set when the shutdown begins. */
  #drain: Drain | undefined;

  constructor(options: PipelineOptions, parts: PipelineParts) {
    const { exports, health, clock, readTrailers, flow, failures } = parts;
    const { readCancelled = () => undefined, whyNoSpans = () => undefined } = parts;
    const onCut = (texts: number): void => health.count("texts_cut", texts);
    const trees = { now: () => clock.now(), redaction: { redact: options.redact ?? redactNode, onCut } };
    const table = new FragmentTable(options, health, clock);
    const decisions = new Decisions({ exports, health, clock, trees, tick: () => table.tick() });
    this.#options = options;
    this.#exports = exports;
    this.#health = health;
    this.#clock = clock;
    this.#trees = trees;
    this.#unused = new UnusedSetUp({ health, clock, table, why: whyNoSpans });
    this.#table = table;
    this.#flow = flow && new Flow(flow, health);
    this.#decisions = decisions;
    this.#failures = failures;
    this.#goodTraces = parts.goodTraces;
    const left = (fragment: Fragment): void => this.#leaving.left(fragment);
    this.end = new EndOfProcess({ table, decisions, exports, trees, clock, health, failures, left });
    this.program = new ProgramCalls(table, trees);
    this.#jobs = new Jobs({ exports, trees, health, tick: () => table.tick() });
    this.#leaving = new Leaving({ waiting: this.#waiting, flow: this.#flow, jobs: this.#jobs });
    this.calls = new Calls({ table, health, clock, readTrailers, readCancelled });
    this.#room = new Room({
      table,
      health,
      maxBytes: options.maxBytesInFlight,
      waiting: this.#waiting,
      finish: (fragment) => this.#finish(fragment),
      left: (fragment) => {
        decisions.count(fragment);
        left(fragment);
      },
    });
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

  // A span starts.

  spanStarted(span: LiveSpan, context: Context): void {
    if (this.#table.add(span, context)) return;
    if (this.#table.isFull) this.#room.evictOldest();
    this.#table.begin(span, context);
    this.#goodTraces?.started(span);
  }

  // The response head is written.

  answerAtHead({ fragment }: Exchange, status: number): Answer | undefined {
    if (!(fragment instanceof Fragment)) {
      if (!this.#table.hasSeenSpans) this.#unused.missed();
      return undefined;
    }
    if (fragment.status !== status) fragment.headWritten(status);
    return answerOf(fragment, this.#decisions.of(fragment));
  }

  handlerFailed({ fragment }: Exchange, error: unknown): void {
    if (fragment instanceof Fragment) handlerFailed(fragment, error);
  }

  responseOver({ fragment }: Exchange, endsSpan: boolean): void {
    if (!(fragment instanceof Fragment)) return;
    if (!fragment.isInFlight) this.#leaving.responseOver(fragment);
    else if (fragment.root.end !== Number.POSITIVE_INFINITY) this.#requestEnded(fragment);
    else if (endsSpan) fragment.root.span.end();
    else if (fragment.hasFailedAtEnd()) this.#waitFor(fragment);
  }

  answerAtEnd({ fragment }: Exchange): Answer | undefined {
    if (!(fragment instanceof Fragment) || !fragment.isInFlight) return undefined;
    const atHead = fragment.decision;
    if (atHead === undefined) return undefined;
    const decision = this.#decisions.of(fragment);
    return reportSame(atHead, decision) ? undefined : answerOf(fragment, decision);
  }

  traceparentOf({ fragment }: Exchange): string | undefined {
    return fragment instanceof Fragment ? traceparentOf(fragment) : undefined;
  }

  isOfCallee({ fragment }: Exchange, traceparent: string): boolean {
    return fragment instanceof Fragment && isOfCallee(fragment, traceparent);
  }

  // A span ends, and with the last one the fragment.

  spanEnded(span: LiveSpan): void {
    const { spanId, traceId } = span.spanContext();
    const entry = this.#table.entry(spanId);
    if (entry === undefined) {
      this.#unkeptEnded(span, spanId, traceId);
      return;
    }
    if (entry.end !== Number.POSITIVE_INFINITY) return;
    const { fragment } = entry;
    fragment.spanEnded(entry, this.#table.tick());
    this.calls.bodyEnded(entry);
    this.#flow?.spanEnded(span, entry);
    if (!isAwaited(fragment)) {
      if (entry === fragment.root) this.#requestEnded(fragment);
      else if (fragment.live === 0) this.#finish(fragment);
    }
    if (fragment.isInFlight) this.#room.ended(entry);
  }

  /** A span that was not kept: if it failed, counts it, and marks its parent as incomplete. */
  #unkeptEnded(span: LiveSpan, spanId: string, traceId: string): void {
    const left = this.#leaving.spanEnded(span);
    if (left !== undefined) {
      this.#drain?.left(left);
      return;
    }
    const call = this.#table.call(spanId);
    if (call !== undefined) this.calls.unkeptEnded(call);
    this.#flow?.spanEnded(span, call);
    const fragment = call === undefined ? this.#table.overflowed(traceId) : undefined;
    if (fragment === undefined || !isSuspect(span)) return;
    fragment.spanLost(this.#table.entry(span.parentSpanContext?.spanId ?? ""));
  }

  /** The root span and the response have ended. */
  #requestEnded(fragment: Fragment): void {
    fragment.responseEnded();
    this.#flow?.requestEnded(fragment);
    const { forced, code } = this.#decisions.of(fragment);
    const { root, routing } = fragment;
    this.#goodTraces?.ended({ span: root.span, route: routing?.route, hasGoneWell: code === "ok" });
    if (fragment.live === 0) this.#finish(fragment);
    else if (forced) this.#waitFor(fragment);
    this.#drain?.left(fragment);
  }

  #waitFor(fragment: Fragment): void {
    fragment.waitsUntil(this.#clock.monotonic() + (this.#options.settleMs ?? SETTLE_MS));
    this.#waiting.add(fragment);
  }

  /** All spans have ended, or the rest is not waited for. After its root has ended, nobody reads the fragment. */
  #finish(fragment: Fragment): void {
    try {
      // Removed from the table first: a fragment that throws must not be tried again in every sweep.
      this.#table.release(fragment);
      this.#leaving.left(fragment);
      const decision = this.#decisions.of(fragment);
      const finished = finishedFragment(fragment, decision, this.#trees);
      if (finished !== undefined) this.#exports.accept(finished);
      tellIfFailed(this.#failures, fragment, decision);
    } catch (error) {
      // Whoever finishes several fragments goes on with the next one.
      this.#health.failed("the end of a fragment", error);
    } finally {
      if (fragment.root.end !== Number.POSITIVE_INFINITY) fragment.letGo();
      this.#drain?.left(fragment);
    }
  }

  // A message is handled, time passes, and the process ends.

  /**
   * The handler of a message is over, and has failed. Its span may never end, if the broker has gone: it is not waited for any
   * longer than spans of a request are after the response.
   */
  handlerOver(spanId: string): void {
    const fragment = this.#table.entry(spanId)?.fragment;
    if (fragment?.phase === "running" && this.#decisions.of(fragment).forced) this.#waitFor(fragment);
  }

  /** Finishes the fragments whose time is over. */
  sweep(): void {
    this.#exports.sweep();
    this.#room.sweep();
    const now = this.#clock.monotonic();
    for (const fragment of this.#waiting) if (now >= fragment.deadline) this.#finish(fragment);
    for (const fragment of this.#table.fragments()) {
      if (now - fragment.began < this.#options.fragmentTimeoutMs) break;
      // A stream that is open for hours is no leak: its socket is open, and its memory is bounded.
      if (goesOn(fragment, this.#trees)) {
        this.#table.renew(fragment, now);
        this.#table.thin(fragment);
        continue;
      }
      if (this.#jobs.goesOn(fragment)) {
        this.#table.renew(fragment, now);
        continue;
      }
      this.#health.count("fragments_timed_out");
      this.#finish(fragment);
      // Its answer may still be written, without what happens from now on.
      fragment.spent(1);
    }
  }

  /** Hands all fragments whose export is decided to the export side, without waiting for spans that have not ended. */
  flush(): void {
    for (const fragment of this.#waiting) this.#finish(fragment);
  }

  /**
   * Records no new request, waits for those in flight, for ten seconds at most (`DRAIN_MS` in `drain.ts`), and exports the
   * rest as it is then. Then calls `done`, in this turn if nothing is in flight.
   */
  shutdown(done: () => void): void {
    if (this.#drain === undefined) {
      this.#table.close();
      const own = requestOf(this.#table, activeSpanId());
      this.#drain = new Drain(this.#table.fragments(), own, this.#clock);
      this.#drain.whenOver(() => this.#cutOff());
    }
    this.#drain.whenOver(done);
  }

  #cutOff(): void {
    this.#stopSweep();
    this.#unused.close();
    for (const fragment of this.#table.fragments()) {
      if (fragment.root.end === Number.POSITIVE_INFINITY) this.#health.count("fragments_cut_off");
      fragment.interrupted();
      this.#finish(fragment);
      // Its answer may still be written, and must not promise an export.
      fragment.spent();
    }
  }
}
