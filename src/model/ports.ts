// The interfaces through which collect, propagate, export and the codecs meet; setup joins them.
import type { Code } from "./code.ts";
import type { Attributes } from "./span-record.ts";
import type { BuiltTree } from "./told-tree.ts";
import type { ErrorTree, Verdict } from "./tree.ts";
import type { Weight } from "./weight.ts";

/** What a caller asks of a service, read from the request's `x-error-tree` field. */
export interface Ask {
  /** Span id of the caller's client span, 16 hex digits; absent where a person asks. */
  readonly id?: string;
  /** `service.name` of the caller. */
  readonly from?: string;
  /** Readable JSON was asked for (`f=json`). */
  readonly json: boolean;
  /** Key id and token, where a secret is in use. */
  readonly key?: string;
}

/** What a service tells its caller about one request. */
export interface Outcome {
  /** `service.name` of who answers. */
  readonly service: string;
  /** What the answer said; `"ok"` where the request did not fail. */
  readonly code: Code;
  /** Spans of this request, here or beneath, are exported although the head sampler said no. */
  readonly exported: boolean;
  /** Present where anything failed, here or beneath. */
  readonly tree?: ErrorTree;
}

/** Bytes that an answer may take. */
export interface Room {
  /** Largest value that carries a tree. */
  readonly treeBytes: number;
  /** Largest value that carries the outcome alone. */
  readonly minimalBytes: number;
}

/** A header value, and whether it is the minimal one (outcome alone, no tree). */
export interface EncodedAnswer {
  readonly value: string;
  readonly minimal: boolean;
  /** Nodes of the outcome's tree that it has no room for; absent where it tells them all. */
  readonly omitted?: number;
}

/** Outcome <-> header value. The wire format is the codec's alone. */
export interface AnswerCodec {
  /** The value that fits, repeating the ask's id; `undefined` where not even the minimal answer fits. */
  encode(outcome: Outcome, ask: Ask, room: Room): EncodedAnswer | undefined;
  /**
   * Reads what a peer sent: `"malformed"` where it is no answer that we understand, `"foreign"` where it repeats another
   * id than `id` (`undefined` accepts any). Never throws.
   * `operation` names the callee's node where the answer is too short to name it.
   */
  decode(value: string, id: string | undefined, operation: string): Outcome | "malformed" | "foreign";
}

/** Context key under which a propagator leaves the exchange for the span processor, unless its set-up has one of its own. */
export const EXCHANGE_KEY: symbol = Symbol.for("otel-error-tree exchange");

/** How a response came to its end; `"open"` where it has not. */
export type Closure = "open" | "finished" | "caller-left" | "broken";

/** How a span is known to others. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** One request and its response, as the server side of a transport sees it. */
export interface Exchange {
  /** The ask, where one came from a peer that is trusted. */
  readonly ask: Ask | undefined;
  /** How the response was closed; asked for when the server span has ended, and where it lasts very long. */
  closure(): Closure;
  /** Called when the exchange is over: what it holds of the transport can go. */
  release(): void;
  /** The collector's own place for what belongs to this exchange. */
  fragment: unknown;
  /** The span that began it, as long as it is not over: whoever begins it again continues its trace. */
  first: SpanIds | undefined;
}

/** The server side of a transport tells when the head is written, and gets what to say. */
export interface AnswerDesk {
  /** The outcome at the moment the head is written; `undefined` where the exchange was not recorded. Decides the export. */
  outcomeAtHead(exchange: Exchange, status: number): Outcome | undefined;
  /**
   * The outcome at the moment a body that is still being sent ends; `undefined` where the head said the same. Decides the
   * export where it comes to light only now that there is one.
   */
  outcomeAtEnd(exchange: Exchange): Outcome | undefined;
  /**
   * The exchange's own span in the form of a `traceparent`, with the sampled flag where it is exported, by the head sampler's
   * word or ours, as decided at the head; `undefined` where the exchange was not recorded.
   */
  traceparentOf(exchange: Exchange): string | undefined;
  /** True for the `traceparent` of a span beneath the exchange that is none of this process: a service that answered us has it. */
  isOfCallee(exchange: Exchange, traceparent: string): boolean;
}

/** A response body that is read after its head; looked at again when the client span ends. */
export interface ResponseBody {
  /** Set where the body broke off. */
  readonly errored: Error | null;
  /** Names and values, in turn, of the fields behind the body; empty until it has been received. */
  readonly rawTrailers: readonly string[];
}

/**
 * Takes the answer out of the fields behind a body, which came on the call with this client span; `undefined` where there is
 * none that counts. Never throws.
 */
export type TrailerReader = (body: ResponseBody, spanId: string, operation: string) => Outcome | undefined;

/** This process itself ended a call: it waited no longer, or nobody wanted the answer any more. */
export interface GivenUp {
  /** Milliseconds without a byte that it wanted to wait for at most; 0 where the transport knows of no limit. */
  readonly limitMs: number;
}

/** How this process gave a body up that broke off; `undefined` where the other side or the network ended it. Never throws. */
export type GivenUpReader = (body: ResponseBody) => GivenUp | undefined;

/** The client side of a transport tells what it saw on the wire of a call, named by its client span's id. */
export interface CallDesk {
  /** Operation of the client span; `undefined` where it is not recorded. */
  operationOf(spanId: string): string | undefined;
  /** A response head arrived, with an answer of ours or without. */
  responded(
    spanId: string,
    status: number,
    outcome: Outcome | undefined,
    body: ResponseBody | undefined,
  ): void;
  /** Two spans stand for one call: a program was instrumented twice. The call is that of `spanId`. */
  recordedTwice(otherId: string, spanId: string): void;
  /** An answer came behind the body: its tree replaces what the head told of this call. */
  amended(spanId: string, outcome: Outcome): void;
  /** The call ended without a whole response; `givenUp` where this process ended it. */
  broke(spanId: string, error: unknown, givenUp?: GivenUp): void;
}

/** Role of a fragment in its trace. */
export type Role = "root" | "asked" | "detached";

/** What is known of a fragment when its export is decided. `Span` is the SDK's readable span. */
export interface FragmentView<Span> {
  readonly role: Role;
  readonly verdict: Verdict;
  readonly tree: BuiltTree | undefined;
  /** The local root. */
  readonly root: Span;
  /** The head sampler took the local root: it goes its normal way, whatever is decided. */
  readonly sampled: boolean;
  /** A callee exported spans although the head sampler said no. */
  readonly exportedBeneath: boolean;
  /** The caller left before the head was written. */
  readonly leftAtWork: boolean;
  /** The process ends before the request was answered: nobody knows how it would have ended. */
  readonly cutOff: boolean;
  /** Something failed after the local root had ended: nobody can have coped with it. */
  readonly failedAfterRoot: boolean;
  /** Its spans were let go of: there is nothing left to export. */
  readonly spent: boolean;
  /** The same fragment was decided about as failed before, and not exported. */
  readonly again: boolean;
}

/** Whether a fragment is exported. */
export interface ExportDecision {
  readonly exported: boolean;
  /** How many failed roots and detached fragments this one stands for, itself included; absent where it counts none. */
  readonly represents?: number;
}

/** A client span, and the tree that was answered to it. */
export interface CalleeTree<Span> {
  readonly span: Span;
  readonly tree: ErrorTree;
  /** The way to the first root cause leads through it. */
  readonly leadsToCause: boolean;
}

/** A fragment whose spans have ended, or will not be waited for. `Span` is the SDK's readable span. */
export interface FinishedFragment<Span> {
  readonly role: Role;
  readonly verdict: Verdict;
  readonly tree: BuiltTree | undefined;
  readonly represents: number | undefined;
  readonly rootSpanId: string;
  /** Id of the span above the root span: the one that the ask named, where there was an ask. */
  readonly parentId: string | undefined;
  /** The failure, or the export of a callee, came to light after the head was written. */
  readonly late: boolean;
  /** The process ends: what has not ended goes no other way, head-sampled or not. */
  readonly cutOff: boolean;
  /** Milliseconds since the epoch at which the export was decided. */
  readonly decidedAt: number;
  /**
   * All of the fragment, parents before children; empty if the head sampler took them, and only spans beneath are to be
   * written. A head-sampled one that has not ended when the process ends will go no other way.
   */
  readonly spans: readonly Span[];
  /** How much each of them matters. */
  readonly weights: readonly Weight[];
  /** What was answered to those of its spans that are exported, here or by their normal way. */
  readonly callees: readonly CalleeTree<Span>[];
}

/** Decides what is exported, and takes it. */
export interface FragmentSink<Span> {
  decide(view: FragmentView<Span>): ExportDecision;
  /** Attributes that tell the tree on a local root; its texts are redacted. */
  rootAttributes(tree: ErrorTree, verdict: Verdict, represents: number | undefined): Attributes;
  /** A head-sampled root goes its normal way, or went it before it could be told what it stands for. */
  told(represents: number, written: boolean): void;
  accept(fragment: FinishedFragment<Span>): void;
  /** Called now and then. */
  sweep(): void;
}

/** What is counted where something was refused, malformed, lost or let go of, and what became of failing requests. */
export type CountName =
  | "internal_errors"
  | "fragments_evicted"
  | "fragments_timed_out"
  | "fragments_cut_off"
  | "spans_evicted"
  | "spans_untracked"
  | "asks_refused"
  | "asks_malformed"
  | "answers_malformed"
  | "answers_foreign"
  | "answers_untrusted"
  | "answers_unwritten"
  | "trees_failed"
  | "represents_written"
  | "represents_dropped"
  | "trees_limited"
  | "exports_failed"
  | "spans_synthesized"
  | "spans_shed"
  | "nodes_trimmed"
  | "texts_cut"
  | "fragments_exported"
  | "spans_exported"
  | "fragments_dropped"
  | "spans_dropped";

/** What goes as it should. Counted on the path of every request: plain numbers, to which the others add. */
export interface Activity {
  /** Fragments by their last verdict; what went well, with nothing failed beneath, is not counted. */
  verdicts_failed: number;
  verdicts_rejected: number;
  verdicts_handled: number;
  /** Answers to our asks that were understood. */
  answers_read: number;
  /** Answers written with a tree, and with the outcome alone. */
  answers_tree: number;
  answers_minimal: number;
  /** Bytes of the values of these answers. */
  answer_bytes_tree: number;
  answer_bytes_minimal: number;
  /** Nodes of our trees for which these answers had no room. */
  nodes_omitted: number;
}

/** Own health: counts, and the first of each kind of trouble told to the user. */
export interface Health {
  readonly activity: Activity;
  count(name: CountName, by?: number): void;
  /** An internal failure in `place`: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
  /** Something that the user should know, logged the first time. */
  once(topic: string, message: string): void;
}

/** Time, replaceable in tests. */
export interface Clock {
  /** Milliseconds since the epoch, for times that leave the process: people and NTP set this clock, forward and back. */
  now(): number;
  /** Whole milliseconds on a clock that nobody sets, for every limit of time. */
  monotonic(): number;
  /** Calls `task` every so many milliseconds without keeping the process alive; returns the stop. */
  every(ms: number, task: () => void): () => void;
  /** Calls `task` once, and keeps the process alive until then; returns the cancel. */
  after(ms: number, task: () => void): () => void;
}
