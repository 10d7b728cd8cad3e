// One service's part of a trace while it is in flight: its spans, what was seen on the wire, what was decided.
import type { Span } from "@opentelemetry/sdk-trace";
import type { Code } from "../spans/code.ts";
import type { SpanRole } from "../spans/span-role.ts";
import type { Exchange, ResponseBody, ResponseEnd } from "../transports/hooks.ts";
import type { Role } from "../tree/role.ts";
import type { Shapes } from "../tree/shape.ts";
import type { FragmentTree, TreeRedaction } from "../tree/told-tree.ts";
import type { Verdict } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";

/** The SDK's span: readable at any time, also while it lives. */
export type LiveSpan = Span;

/** A span and what was seen of it from outside. Sequence numbers order all starts and ends of the process. */
export interface SpanEntry {
  readonly fragment: Fragment;
  readonly span: LiveSpan;
  readonly spanId: string;
  /** Entry of the span above it in this fragment. */
  readonly parent: SpanEntry | undefined;
  /** A server span that begins the same exchange again (two instrumentations on one request). */
  readonly again: boolean;
  /** When a client span began, on the monotonic clock; 0 on others. */
  readonly began: number;
  readonly start: number;
  /** `Infinity` while the span lives. */
  end: number;
  /** Spans beneath it that are still kept. */
  children: number;
  /** One that is, or was, is a call. */
  hasCall: boolean;
  suspect: boolean;
  /** A failed span beneath it is not kept: it is counted alone. */
  thinned: boolean;
  /** What came back on a client span. */
  outcome: Answer | undefined;
  /** Response status as seen on the wire, 0 where none was. */
  status: number;
  /** When the response head arrived, `Infinity` where it did not. */
  answered: number;
  /** The response's body, where the transport shows how it ended. */
  body: ResponseBody | undefined;
  /** How the call broke, where the wire showed it. */
  broke: Failure | undefined;
  /** How long the call had taken when the request told its failure, in whole milliseconds; `undefined` where it had ended. */
  pendingMs: number | undefined;
  /** Another span stands for the same call. */
  twin: boolean;
  /** The error that it recorded came from beneath another request of the process. */
  sharedError: boolean;
  /** What the program said of the call when its span had ended, or was not known to it. */
  role: SpanRole | undefined;
  /** As how many nodes a call is counted for which there was no room; `undefined` for all spans that are kept. */
  countedAs: number | undefined;
  /** Link of the table in which it is looked up. */
  next: SpanEntry | undefined;
}

/** An error as far as a node tells it. */
export interface ErrorFacts {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** A failure, with its code where more is known of it than the error tells. */
export interface Failure extends ErrorFacts {
  readonly code: Code | undefined;
}

/** What was told and decided when the head was written or the local root ended, or when more came to light after that. */
export interface DecisionFacts {
  readonly outcome: Omit<Answer, "tree"> & {
    /** Present if anything failed, here or beneath. */
    readonly tree?: FragmentTree;
    /** The fragment's spans are exported by force. */
    readonly forced: boolean;
    readonly verdict: Verdict;
    /** How many failed trees its local root stands for, where it is written and counts any. */
    readonly represents?: number;
  };
  /** When the export was decided, in milliseconds since the epoch; 0 where nothing is exported by force. */
  readonly at: number;
  /** The failure, or the export of a callee, came to light after something else was told. */
  readonly late: boolean;
  /** Signs of failure that were known. */
  readonly signs: number;
}

/** Stands in an exchange whose fragment is finished: contexts that live on must not keep its spans alive. */
const OVER: symbol = Symbol("over");

/** All spans beneath one exchange, or beneath one local root without one. */
export class Fragment {
  readonly traceId: string;
  readonly role: Role;
  readonly service: string;
  readonly exchange: Exchange | undefined;
  /** Id of the caller's span: the ask's where there is one, else the remote parent's. */
  readonly parentId: string | undefined;
  /** When it began, or was last found to be still going on, on the monotonic clock. */
  began: number;
  /** The first span; set right after the fragment was made. */
  root!: SpanEntry;
  readonly entries: SpanEntry[] = [];
  live = 0;
  /** Signs of failure so far; 0 means that nothing needs to be looked at. */
  suspects = 0;
  /** Failed spans of which only the number is left. */
  lost = 0;
  /** Nodes that are kept of the answers to its calls. */
  taken = 0;
  /** A callee exported spans although the head sampler said no. */
  exportedBeneath = false;
  /** Calls under way for which there was no room; absent as long as there was. */
  untracked: Set<SpanEntry> | undefined = undefined;
  /** Where the search for a span to let go goes on. */
  cursor = 0;
  /** The fragment is in flight no more: finished, timed out or evicted. */
  released = false;
  /** The process ends before it has. */
  cutOff = false;
  /** Its spans are let go of, or exported already: an answer that comes now can promise nothing more. */
  spent = false;
  /** Route of the request, filled in by the web framework's instrumentation. */
  routing: { readonly route?: string } | undefined = undefined;
  /** Promises that somebody watches for the call that settles them. */
  watches = 0;
  /** The call that was answered, broke or ended last in this turn of the event loop, while somebody watches. */
  lastCall: SpanEntry | undefined = undefined;
  /** What `failRequest` said. */
  failure: Failure | undefined = undefined;
  responseEnd: ResponseEnd | undefined = undefined;
  /** Status that the head was written with, 0 before. */
  status = 0;
  /** What its first span said when its failure was told: the instrumentation says less when the response is closed. */
  description: string | undefined = undefined;
  /** When its failure was told first, in the order of starts and ends; `Infinity` as long as it was not. */
  told: number = Number.POSITIVE_INFINITY;
  decision: DecisionFacts | undefined = undefined;
  /** Shapes of the subtrees in its trees so far. */
  shapes: Shapes | undefined = undefined;
  /** What was redacted of its trees so far. */
  redaction: TreeRedaction | undefined = undefined;
  /** Its verdict is among those that were counted. */
  counted = false;
  /** Links of the list of fragments in flight. */
  older: Fragment | undefined = undefined;
  younger: Fragment | undefined = undefined;
  listed = false;
  /** When a fragment that is exported stops waiting for its live spans, on the monotonic clock. */
  deadline: number = Number.POSITIVE_INFINITY;

  constructor(
    traceId: string,
    role: Role,
    service: string,
    exchange: Exchange | undefined,
    parentId: string | undefined,
    began: number,
  ) {
    this.traceId = traceId;
    this.role = role;
    this.service = service;
    this.exchange = exchange;
    this.parentId = parentId;
    this.began = began;
  }
}

/**
 * Cuts a fragment that is over into its pieces. Contexts hold exchanges, and sockets that are kept alive hold the contexts
 * in which they were opened: for as long as they live, spans, request and response would live with them. And whatever has
 * reached the old generation keeps what it points to from being collected with the young.
 */
export function letGo(fragment: Fragment): void {
  const { entries, exchange } = fragment;
  for (let i = 0; i < entries.length; i++) (entries[i] as SpanEntry).body = undefined;
  entries.length = 0;
  fragment.shapes = undefined;
  if (exchange === undefined) return;
  exchange.fragment = OVER;
  exchange.first = undefined;
  exchange.release();
}
