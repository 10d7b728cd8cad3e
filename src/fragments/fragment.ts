// One service's part of a trace while it is in flight. It owns its state: whatever happens to it comes in by a method.
import type { Exchange, ResponseEnd } from "../exchange.ts";
import type { Role } from "../tree/role.ts";
import type { Verdict } from "../tree/tree.ts";
import type { ExportDecision } from "./decision.ts";
import { FragmentSpans, type KeptEntry } from "./fragment-spans.ts";
import { type RequestResult, resultOf, type TreeContext, TreeMemory } from "./result.ts";
import type { Failure } from "./span-entry.ts";

/**
 * What a fragment's life has come to:
 *
 * - `running`: its first span lives, or others that may still matter
 * - `waiting`: it is exported, and waits a little for spans that live on
 * - `interrupted`: the process ends, and it is handed over as it stands
 * - `over`: handed over, with nothing to come
 * - `spent`: its spans have gone, though its answer may still come: that can promise nothing any more
 */
export type Phase = "running" | "waiting" | "interrupted" | "over" | "spent";

/** What a fragment is from its first span on. */
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

/** Revision of a decision that nobody was told of. */
export const UNREPORTED = -1;

/** Stands in an exchange whose fragment is over: contexts that live on must not keep its spans alive. */
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
  #responseEnd: ResponseEnd | undefined = undefined;
  #failure: Failure | undefined = undefined;
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

  /** When it began, or was last found to be still going on, on the monotonic clock. */
  get began(): number {
    return this.#began;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get isInFlight(): boolean {
    return this.#phase === "running" || this.#phase === "waiting";
  }

  /** Status that the head was written with, 0 before. */
  get status(): number {
    return this.#status;
  }

  /** How the response ended, once its span has. */
  get responseEnd(): ResponseEnd | undefined {
    return this.#responseEnd;
  }

  /** What `failRequest` said. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Route of the request, filled in by the web framework's instrumentation. */
  get routing(): { readonly route?: string } | undefined {
    return this.#routing;
  }

  /** What its first span said when its failure was reported: the instrumentation says less when the response is closed. */
  get description(): string | undefined {
    return this.#description;
  }

  /** The moment when a failure of it was reported first; `Infinity` as long as none was. */
  get reported(): number {
    return this.#reported;
  }

  /** What was decided about its export. */
  get decision(): ExportDecision | undefined {
    return this.#decision;
  }

  /** When it stops waiting for its live spans, on the monotonic clock. */
  get deadline(): number {
    return this.#deadline;
  }

  /** What its trees share. */
  get memory(): TreeMemory {
    this.#memory ??= new TreeMemory();
    return this.#memory;
  }

  /**
   * Raised by whatever can change what came out of the request: a sign of failure, of a live span too. 0 means that nothing
   * has failed, and that nothing needs to be looked at.
   */
  get revision(): number {
    // The span of a request says at its end what the head said before: that is one sign.
    return this.signs + (this.#status >= 400 || this.isRootSuspect ? 1 : 0);
  }

  /** What came out of the request so far; built once per {@link revision}. */
  result(context: TreeContext): RequestResult {
    const { revision } = this;
    if (this.#result?.revision !== revision) this.#result = resultOf(this, revision, context);
    return this.#result;
  }

  // What happens to the request.

  routed(routing: { readonly route?: string } | undefined): void {
    this.#routing ??= routing;
  }

  /** The head is about to be written. An earlier head that could not be written has reported nothing. */
  headWritten(status: number): void {
    if (this.#status !== 0 && this.#decision !== undefined) {
      this.#result = undefined;
      this.#decision = { ...this.#decision, revision: UNREPORTED };
      this.#reported = Number.POSITIVE_INFINITY;
      for (const entry of this.entries) this.callPending(entry, undefined);
    }
    this.#status = status;
  }

  /** The program says that the request failed. */
  failed(failure: Failure): void {
    this.#failure = failure;
    this.raise();
  }

  /** The first span has ended: how the response did is now known. */
  responseEnded(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.#responseEnd = exchange.responseEnd();
    if (this.#responseEnd === "caller-left" || this.#responseEnd === "broken") this.raise();
    // What is exported says all that its span says, also what came behind the head.
    else if (this.#decision?.forced && this.isRootSuspect) this.raise();
  }

  // What is decided, and how it ends.

  /** Its export is decided. What is reported from now on says what the decision says. */
  decided(decision: ExportDecision): void {
    this.#decision = decision;
  }

  /** What its own span says when a failure is about to be reported. */
  described(message: string | undefined): void {
    this.#description = message;
  }

  /** A failure of it has been reported, to its caller or to whoever waits for its end. */
  failureReported(moment: number): void {
    if (this.#reported === Number.POSITIVE_INFINITY) this.#reported = moment;
  }

  /** Its last verdict; `undefined` when it was asked for before, or nothing is decided yet: each counts once. */
  verdictToCount(): Verdict | undefined {
    if (this.#isCounted || this.#decision === undefined) return undefined;
    const { verdict } = this.#decision;
    this.#isCounted = verdict !== "ok";
    return verdict;
  }

  /** It is exported, and waits until then for spans that live on. */
  waitsUntil(deadline: number): void {
    this.#phase = "waiting";
    this.#deadline = deadline;
  }

  /** The process ends before the fragment has. */
  interrupted(): void {
    this.#phase = "interrupted";
  }

  /** It is handed over: in flight no more. */
  handedOver(): void {
    if (this.isInFlight) this.#phase = "over";
  }

  /** Nothing of it can be exported any more, and so many nodes at least will be missing in what it reports. */
  spent(lost = 0): void {
    this.#phase = "spent";
    this.lose(lost);
  }

  /** It has to make room, and only its root stays, for an answer to come; so many nodes go with the rest. */
  evicted(nodes: number): void {
    this.#phase = "spent";
    this.keepRootAlone(nodes);
  }

  /** It lasts, and begins anew without what ended well; returns the entries that have gone. */
  renewed(now: number): readonly KeptEntry[] {
    this.#began = now;
    return this.letDoneGo();
  }

  /**
   * Falls into its pieces. Contexts hold exchanges, and sockets that are kept alive hold the contexts in which they were
   * opened: for as long as they live, spans, request and response would live with them. And whatever has reached the old
   * generation keeps what it points to from being collected with the young.
   */
  letGo(): void {
    const { exchange } = this;
    this.letSpansGo();
    this.#memory = undefined;
    if (exchange === undefined) return;
    exchange.fragment = OVER;
    exchange.first = undefined;
    exchange.release();
  }
}
