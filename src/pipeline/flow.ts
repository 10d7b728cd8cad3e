// Counts requests and calls by edge: reports to the flow counts whose request it was, who counts it, and how it went.
//
// Every request is counted by one side. The server counts what asks it, for the ask names its caller; the client counts what no
// server counts: calls to those that take no part, and calls without a response. test/pipeline/flow.test.ts has all cases.
import type { Fragment } from "../fragments/fragment.ts";
import { brokeOf, isSuspect } from "../fragments/read-span.ts";
import type { LiveSpan, SpanEntry } from "../fragments/span-entry.ts";
import type { Health } from "../health/health.ts";
import type { FlowCounts } from "../observatory/flow/flow-counts.ts";
import { isOfMessage, isOfReply, type Peer } from "../observatory/flow/peers.ts";
import { isConnecting } from "../spans/call.ts";
import { codeFromErrorType } from "../spans/code.ts";
import { nameText } from "../spans/name-text.ts";
import { CLIENT, CONSUMER, PRODUCER, SERVER } from "../spans/otel.ts";
import { httpStatusOf } from "../spans/response-status.ts";

/** Steps of a queue's client that carry no message to anybody: of one message only the sending and the handling count. */
const NO_REQUEST: ReadonlySet<unknown> = new Set(["create", "poll", "receive", "settle"]);

/** Joins fragments and flow counts. Does nothing as long as nobody reads the counts. None of its functions throws. */
export class Flow {
  readonly #counts: FlowCounts;
  readonly #health: Pick<Health, "failed">;

  constructor(counts: FlowCounts, health: Pick<Health, "failed">) {
    this.#counts = counts;
    this.#health = health;
  }

  /** A span has ended, and what came back on its call is known; `entry` if it was kept. */
  spanEnded(span: LiveSpan, entry: SpanEntry | undefined): void {
    if (!this.#counts.isOn) return;
    try {
      if (span.kind === CLIENT || span.kind === PRODUCER) this.#called(span, entry);
      else if (span.kind === SERVER || span.kind === CONSUMER) this.#served(span, entry);
    } catch (error) {
      this.#health.failed("the flow counts", error);
    }
  }

  /** The first span of a request and its response have ended. */
  requestEnded(fragment: Fragment): void {
    if (!this.#counts.isOn) return;
    try {
      const { span, wraps } = fragment.root;
      if (wraps || !isRequest(span)) return;
      this.#counts.isFor(fragment.service);
      const hasFailed = fragment.hasFailedByItself || fragment.failure !== undefined;
      this.#count(span, fragment.exchange?.ask?.from, hasFailed);
    } catch (error) {
      this.#health.failed("the flow counts", error);
    }
  }

  /** A request is in flight no more. If only its response is open, it is counted now; else when its first span ends. */
  givenUp(fragment: Fragment): void {
    const { root, exchange, responseEnd } = fragment;
    const isOpen = root.end === Number.POSITIVE_INFINITY;
    if (!isOpen && exchange !== undefined && responseEnd === undefined) this.requestEnded(fragment);
  }

  /** A further request in the same fragment; the others wait for their response. */
  #served(span: LiveSpan, entry: SpanEntry | undefined): void {
    if (entry === undefined) return;
    if (entry === entry.fragment.root || entry.again || span.parentSpanContext?.isRemote !== true) return;
    this.#counts.isFor(entry.fragment.service);
    this.#count(span, undefined, isSuspect(span));
  }

  #count(span: LiveSpan, from: string | undefined, hasFailed: boolean): void {
    const { attributes, kind } = span;
    if (!from && this.#counts.isScrape(attributes)) return;
    const isMessage = kind === CONSUMER || isOfMessage(attributes);
    const edge = from
      ? this.#counts.fromService(from, isMessage)
      : this.#counts.fromUnknown(attributes, isMessage);
    edge.requests++;
    if (hasFailed) edge.failures++;
    edge.server.add(secondsOf(span));
    if (from) edge.arrived++;
    else edge.foreign++;
  }

  #called(span: LiveSpan, entry: SpanEntry | undefined): void {
    if (entry?.twin) return;
    const { attributes } = span;
    if (entry !== undefined) this.#counts.isFor(entry.fragment.service);
    const answer = entry?.answer;
    if (answer !== undefined) {
      const edge = this.#counts.toService(answer.service, attributes, answer.code !== "ok");
      edge.client.add(secondsOf(span));
    } else if (!isStep(span, entry)) {
      const peer = this.#counts.peerOf(attributes);
      if (peer === undefined) return;
      this.#calledPeer(span, entry, peer);
    } else return;
    const parent = entry?.parent;
    if (parent?.span.kind === CLIENT) parent.fragment.spanNoted(parent, "wraps");
  }

  /** A call that was not answered by a service of ours. */
  #calledPeer(span: LiveSpan, entry: SpanEntry | undefined, peer: Peer): void {
    const seconds = secondsOf(span);
    const status = entry?.status ?? 0;
    const hasResponse = status !== 0 || httpStatusOf(span.attributes) !== undefined;
    const isAddress = peer.connectionType === "virtual_node";
    if (isAddress && hasResponse && peer.toService !== undefined) {
      // The service that answers there has counted it, too: as a request of nobody whom it knows, if the ask was lost.
      peer.toService.client.add(seconds);
      if (wasAsked(entry)) peer.toService.missing++;
      return;
    }
    const edge = this.#counts.toPeer(peer);
    edge.requests++;
    if (hasCallFailed(span, entry)) edge.failures++;
    edge.client.add(seconds);
    edge.server.add(seconds);
    // Without a response nothing is known of the context.
    if (isAddress && !hasResponse) return;
    if (isAddress && wasAsked(entry)) edge.missing++;
    else edge.foreign++;
  }
}

/** True if the callee was asked, and has responded. */
function wasAsked(entry: SpanEntry | undefined): boolean {
  return entry !== undefined && entry.status !== 0 && !entry.unasked;
}

/** True for the first span of a request that came from elsewhere. A server may begin a span late, beneath one that is over. */
function isRequest({ kind, parentSpanContext, attributes }: LiveSpan): boolean {
  if (kind === CONSUMER) return !NO_REQUEST.has(operationOf(attributes)) && !isOfReply(attributes);
  return kind === SERVER && parentSpanContext?.isRemote !== false;
}

/** True if the span is only a step of a call, or one that another span counts: each call is counted once. */
function isStep(span: LiveSpan, entry: SpanEntry | undefined): boolean {
  const { attributes, name } = span;
  if (NO_REQUEST.has(operationOf(attributes)) || isOfReply(attributes) || isConnecting(nameText(name)))
    return true;
  // An operation on the queue, as deleting a message is: instrumentations make the sending a PRODUCER.
  if (span.kind === CLIENT && isOfMessage(attributes) && attributes["rpc.method"] !== undefined) return true;
  if (entry === undefined) return false;
  // Not on the wire itself: a library around the one that is.
  if (entry.wraps && entry.status === 0) return true;
  const above = entry.parent?.span;
  if (above?.kind === PRODUCER || isFetching(above)) return true;
  return above?.kind === CLIENT && (isOfDatabase(above.attributes) || isOfMessage(above.attributes));
}

/** True for a request that fetches messages. A batch of Kafka is `receive`, too, and is handled beneath that span. */
function isFetching(span: LiveSpan | undefined): boolean {
  return span?.kind === CONSUMER && span.attributes["rpc.method"] !== undefined;
}

function isOfDatabase(attributes: LiveSpan["attributes"]): boolean {
  return attributes["db.system.name"] !== undefined || attributes["db.system"] !== undefined;
}

function operationOf(attributes: LiveSpan["attributes"]): unknown {
  return attributes["messaging.operation.type"] ?? attributes["messaging.operation"];
}

function hasCallFailed(span: LiveSpan, entry: SpanEntry | undefined): boolean {
  const status = entry?.status ?? 0;
  const broke = entry === undefined ? undefined : brokeOf(entry);
  if (status >= 400 || isSuspect(span)) return true;
  if (broke === undefined) return false;
  // The program may have no use for the rest of a good response.
  return status === 0 || (broke.code ?? codeFromErrorType(broke.type)) !== "cancelled";
}

function secondsOf({ duration }: LiveSpan): number {
  return duration[0] + duration[1] / 1e9;
}
