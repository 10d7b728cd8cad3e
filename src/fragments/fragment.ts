// Holds one service's part of a trace while it is in flight. It owns its state: whatever happens to it is a method call.
import type { Exchange, ResponseEnd } from "../exchange.ts";
import type { Role } from "../tree/role.ts";
import type { Verdict } from "../tree/tree.ts";
import type { ExportDecision } from "./decision.ts";
import { FragmentSpans } from "./fragment-spans.ts";
import { NotedError } from "./noted-error.ts";
import { type RequestResult, resultOf, type TreeContext, TreeMemory } from "./result.ts";
import type { Failure, LiveSpan } from "./span-entry.ts";

/**
 * The states of a fragment:
 *
 * - `running`: its root, or another span that may still matter, has not ended
 * - `waiting`: its export is decided, and it waits a few seconds for spans that have not ended
 * - `interrupted`: the process ends, and it is finished as it is then
 * - `over`: it is finished, and nothing more will happen
 * - `spent`: its spans are gone; its answer may still be written, but can no longer promise an export
 */
export type Phase = "running" | "waiting" | "interrupted" | "over" | "spent";

/** What is known of a fragment when its first span starts. */
export interface FragmentOrigin {
  readonly traceId: string;
  readonly role: Role;
  readonly service: string;
  readonly exchange: Exchange | undefined;
  /** Id of the caller's span: the ask's if there is one, else the remote parent's. */
  readonly parentId: string | undefined;
  /** When it began, on the monotonic clock. */
  readonly began: number;
}

/** Replaces a fragment in its exchange when it is over: contexts that are still held must not keep its spans in memory. */
const OVER: symbol = Symbol("over");

/** All spans beneath one exchange, or beneath one local root without one. */
export class Fragment extends FragmentSpans {
  readonly traceId: string;
  readonly role: Role;
  readonly service: string;
  readonly exchange: Exchange | undefined;
  readonly parentId: string | undefined;
  #began: number;
  #phase: Phase = "running";
  #status = 0;
  #wasSuspectAtHead = false;
  /** How much its span had said of a failure when the head was written. */
  #wordsAtHead = 0;
  #responseEnd: ResponseEnd | undefined = undefined;
  #failure: Failure | undefined = undefined;
  #noted: NotedError | undefined = undefined;
  #routing: { readonly route?: string } | undefined = undefined;
  #description: string | undefined = undefined;
  #reported: number = Number.POSITIVE_INFINITY;
  #result: RequestResult | undefined = undefined;
  #decision: ExportDecision | undefined = undefined;
  #isCounted = false;
  #deadline: number = Number.POSITIVE_INFINITY;
  #memory: TreeMemory | undefined = undefined;

  constructor(origin: FragmentOrigin) {
    super();
    this.traceId = origin.traceId;
    this.role = origin.role;
    this.service = origin.service;
    this.exchange = origin.exchange;
    this.parentId = origin.parentId;
    this.#began = origin.began;
  }

  /** When it began or was last renewed, on the monotonic clock. */
  get began(): number {
    return this.#began;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get isInFlight(): boolean {
    return this.#phase === "running" || this.#phase === "waiting";
  }

  /** Status of the response head; 0 before that is written. */
  get status(): number {
    return this.#status;
  }

  /** How the response ended; known when the root span has ended. */
  get responseEnd(): ResponseEnd | undefined {
    return this.#responseEnd;
  }

  /** The failure that `failRequest` was given. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /**
   * The error that its node shows: what `failRequest` was given; else, if the request has failed otherwise, the error that a
   * framework was seen to get from the program. An error that a handler recovered from is none.
   */
  get told(): Failure | undefined {
    if (this.#failure !== undefined || this.#noted === undefined) return this.#failure;
    return this.hasFailedByItself ? this.#noted.facts : undefined;
  }

  /** It has failed by what was answered, by its span, or because its response was not whole. */
  get hasFailedByItself(): boolean {
    const { responseEnd } = this;
    const isCut = responseEnd === "caller-left" || responseEnd === "broken";
    return this.#status >= 400 || isCut || this.isRootSuspect;
  }

  /** Route of the request, filled in by the web framework's instrumentation. */
  get routing(): { readonly route?: string } | undefined {
    return this.#routing;
  }

  /** The root span's status message at the first report; instrumentation may overwrite it when the response closes. */
  get description(): string | undefined {
    return this.#description;
  }

  /** The moment (a tick, not a time) at which it first reported a failure; `Infinity` if it has not. */
  get reported(): number {
    return this.#reported;
  }

  /** What was decided about its export. */
  get decision(): ExportDecision | undefined {
    return this.#decision;
  }

  /** When it stops waiting for spans that have not ended, on the monotonic clock. */
  get deadline(): number {
    return this.#deadline;
  }

  /** What its trees share, however often one is built. */
  get memory(): TreeMemory {
    this.#memory ??= new TreeMemory();
    return this.#memory;
  }

  /**
   * Changes if the outcome may have changed: each sign of failure raises it, also one of a span that has not ended. 0 means
   * that nothing failed.
   */
  get revision(): number {
    const hasFailed = this.#status >= 400;
    // A span that ends as its head was answered is no further sign, as long as it says nothing more.
    const isRepeated = hasFailed && !this.#wasSuspectAtHead;
    const ofRoot = this.isRootSuspect && !isRepeated ? 1 : 0;
    const isMoreSaid = hasFailed && wordsOf(this.root.span) > this.#wordsAtHead;
    const signs = this.signs + (hasFailed ? 1 : 0) + ofRoot + (isMoreSaid ? 1 : 0);
    // A noted error says why a request failed, but not that it did.
    return signs === 0 ? 0 : signs + (this.#noted?.count ?? 0);
  }

  /** The outcome of the request so far; built once per {@link revision}. */
  result(revision: number, context: TreeContext): RequestResult {
    if (this.#result?.revision !== revision) this.#result = resultOf(this, revision, context);
    return this.#result;
  }

  // What happens to the request.

  routed(routing: { readonly route?: string } | undefined): void {
    this.#routing ??= routing;
  }

  /** The head is made. */
  headWritten(status: number): void {
    this.#status = status;
    if (status < 400) return;
    this.#wasSuspectAtHead = this.isRootSuspect;
    this.#wordsAtHead = wordsOf(this.root.span);
  }

  /** The program says that the request failed. */
  failed(failure: Failure): void {
    this.#failure = failure;
    this.raise();
  }

  /** What `work` returns if the request has failed with this error, unless the program has said before why it did. */
  supposing<T>(failure: Failure, work: () => T): T {
    const before = this.#failure;
    this.#failure ??= failure;
    try {
      return work();
    } finally {
      this.#failure = before;
    }
  }

  /** A framework got an error from the program. Of several the last one counts: those before it were handled or replaced. */
  noted(error: unknown): void {
    this.#noted = new NotedError(error, (this.#noted?.count ?? 0) + 1);
  }

  /** The root span has ended: how the response ended is now known. */
  responseEnded(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.#responseEnd = exchange.responseEnd();
    if (this.#responseEnd === "caller-left" || this.#responseEnd === "broken") this.raise();
  }

  /** The response has ended, and the root span has not: true if something has failed so far. */
  hasFailedAtEnd(): boolean {
    this.responseEnded();
    return this.revision > 0;
  }

  // What is decided, and how it ends.

  /** Its export is decided. Later reports must agree with this decision. */
  decided(decision: ExportDecision): void {
    this.#decision = decision;
  }

  /** Sets {@link description}, just before the first report of a failure. */
  described(message: string | undefined): void {
    this.#description = message;
  }

  /** A failure has been reported: in an answer, or to the export side. */
  failureReported(moment: number): void {
    if (this.#reported === Number.POSITIVE_INFINITY) this.#reported = moment;
  }

  /** The verdict, for counting; `undefined` if it was counted before, or nothing is decided. */
  verdictToCount(): Verdict | undefined {
    if (this.#isCounted || this.#decision === undefined) return undefined;
    const { verdict } = this.#decision;
    this.#isCounted = verdict !== "ok";
    return verdict;
  }

  /** Its export is decided: it waits until the deadline for spans that have not ended. */
  waitsUntil(deadline: number): void {
    this.#phase = "waiting";
    this.#deadline = deadline;
  }

  /** The process ends before the fragment has. */
  interrupted(): void {
    this.#phase = "interrupted";
  }

  /** It is finished: no longer in flight. */
  handedOver(): void {
    if (this.isInFlight) this.#phase = "over";
  }

  /** Its spans are gone. What it reports from now on lacks at least `lost` nodes. */
  spent(lost = 0): void {
    this.#phase = "spent";
    this.lose(lost);
  }

  /** It makes room for another fragment: only its root is kept, for the answer; `nodes` nodes are lost. */
  evicted(nodes: number): void {
    this.#phase = "spent";
    this.keepRootAlone(nodes);
  }

  /** Its response is still open: its time starts again. */
  renewed(now: number): void {
    this.#began = now;
  }

  /**
   * Drops its references. Keep-alive sockets hold the contexts in which they were opened, and contexts hold the exchange;
   * without this, spans, request and response would stay in memory. It also lets the garbage collector's young generation
   * free them if something older still points here.
   */
  letGo(): void {
    const { exchange } = this;
    this.letSpansGo();
    this.#noted = undefined;
    this.#memory = undefined;
    if (exchange === undefined) return;
    exchange.fragment = OVER;
    exchange.first = undefined;
    exchange.release();
  }
}

/** Grows with whatever a span says of a failure in words. */
function wordsOf({ events, status }: LiveSpan): number {
  return events.length + (status.message ? 1 : 0);
}
