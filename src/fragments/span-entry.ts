// Declares the entry of one span of a fragment: the span, and what was seen of it on the wire.
import type { Span } from "@opentelemetry/sdk-trace";
import type { ResponseBody } from "../exchange.ts";
import type { Code } from "../spans/code.ts";
import type { ErrorFacts } from "../spans/error-facts.ts";
import type { SpanRole } from "../spans/span-role.ts";
import type { Answer } from "../wire/messages.ts";
import type { Fragment } from "./fragment.ts";

/** The SDK's span: readable at any time, also while it lives. */
export type LiveSpan = Span;

/** A failure, with its code if more is known of it than the error says. */
export interface Failure extends ErrorFacts {
  readonly code: Code | undefined;
  /** It is made up, because the process ended the call without a word: an error that the call's span shows counts more. */
  readonly unexplained?: true;
}

/**
 * A span and what was seen of it on the wire. A moment is a tick, not a time: a number in the order of all starts and ends of
 * the process. Only its fragment changes an entry.
 */
export interface SpanEntry {
  readonly fragment: Fragment;
  readonly span: LiveSpan;
  readonly spanId: string;
  /** Entry of the span above it in this fragment. */
  readonly parent: SpanEntry | undefined;
  /** A further server span of the same exchange: two instrumentations saw one request. */
  readonly again: boolean;
  /** When a client span began, on the monotonic clock; 0 on others. */
  readonly began: number;
  /** The moment of its start. */
  readonly start: number;
  /** The moment of its end; `Infinity` while the span lives. */
  readonly end: number;
  /** Spans beneath it that are still kept. */
  readonly children: number;
  /** One of its children is, or was, a call. */
  readonly hasCall: boolean;
  /** It shows a sign of failure. */
  readonly suspect: boolean;
  /** A failed span beneath it was not kept, but only counted. */
  readonly thinned: boolean;
  /** What its callee answered. */
  readonly answer: Answer | undefined;
  /** Response status as seen on the wire, 0 if none was. */
  readonly status: number;
  /** The moment when the response head arrived, `Infinity` if it did not. */
  readonly answered: number;
  /** The response's body, if the transport shows how it ended. */
  readonly body: ResponseBody | undefined;
  /** How the call broke, if the wire showed it. */
  readonly broke: Failure | undefined;
  /** How long the call had run when its request reported a failure, in whole milliseconds; `undefined` if it had ended. */
  readonly pendingMs: number | undefined;
  /** Another span stands for the same call. */
  readonly twin: boolean;
  /** The error that it recorded came from beneath another request of the process. */
  readonly sharedError: boolean;
  /** The role that the program gave the call when its span had ended, or when the program did not know the span. */
  readonly role: SpanRole | undefined;
  /** Bytes that it was last seen to take on the heap, by estimate; 0 before it was looked at. */
  readonly bytes: number;
  /** Its response came, and its request had carried no ask. */
  readonly unasked: boolean;
  /** Another span is counted as a request in its place: the call by which it was made, or the handling of a message that asks. */
  readonly wraps: boolean;
  /** How many nodes a call that is not kept counts as; `undefined` for all spans that are kept. */
  readonly countedAs: number | undefined;
}

/** What an entry has from its start on. */
type Start = Pick<SpanEntry, "fragment" | "span" | "spanId" | "parent" | "again" | "began" | "start">;

/** The entry of a span that starts, with its link in a table. Fields are written out: all entries have one shape. */
export function newEntry(of: Start): SpanEntry & { next: undefined } {
  return {
    fragment: of.fragment,
    span: of.span,
    spanId: of.spanId,
    parent: of.parent,
    again: of.again,
    began: of.began,
    start: of.start,
    end: Number.POSITIVE_INFINITY,
    children: 0,
    hasCall: false,
    suspect: false,
    thinned: false,
    answer: undefined,
    status: 0,
    answered: Number.POSITIVE_INFINITY,
    body: undefined,
    broke: undefined,
    pendingMs: undefined,
    twin: false,
    sharedError: false,
    role: undefined,
    bytes: 0,
    unasked: false,
    wraps: false,
    countedAs: undefined,
    next: undefined,
  };
}
