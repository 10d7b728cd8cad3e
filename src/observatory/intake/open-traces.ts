// Keeps the spans of traces for as long as more of them may come.
import { type SpanFacts, type SpanRecord, toSpanRecord } from "../../spans/span-record.ts";
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";
import { type Peer, Peers } from "../flow/peers.ts";
import { nameOf } from "../graph/names.ts";
import { boundedSpan } from "./bounded-span.ts";
import type { IntakeReport } from "./intake-report.ts";

/** A trace as far as it came. */
export interface OpenTrace {
  readonly traceId: string;
  readonly records: readonly SpanRecord[];
  /** Whom a call talks to, by the id of its span: named as in flow metrics. */
  readonly peers: ReadonlyMap<string, CalledPeer>;
  /** A span of it has failed. */
  readonly hasFailed: boolean;
  /** It was exported because it failed: it stands for itself alone, and is no sample of the traffic. */
  readonly isForced: boolean;
  /** How many failing requests it stands for. */
  readonly represents: number;
  /** Characters of the texts of its spans. */
  readonly chars: number;
  /** When its first span came, and its last one, on the clock of {@link OpenTraces.span}, in milliseconds. */
  readonly cameAt: number;
  readonly grewAt: number;
  /** The place of its first span in its log. */
  readonly mark: number;
}

/** An address, a database or a queue. */
export type CalledPeer = Pick<Peer, "name" | "connectionType">;

/** How much is kept. */
export interface OpenTracesLimits {
  /** Spans of all traces: if there are more, the oldest trace is settled. @default 50000 */
  readonly mostSpans?: number;
  /** Spans of one trace; further ones are left out. @default 5000 */
  readonly mostSpansOfTrace?: number;
  /** Characters of the texts of all spans: if there are more, the oldest trace is settled. @default 24000000 */
  readonly mostChars?: number;
}

type Draft = { -readonly [K in keyof OpenTrace]: OpenTrace[K] } & {
  records: SpanRecord[];
  peers: Map<string, CalledPeer>;
};

/** A loop of a program may go on for ever in one trace. */
const LONGEST_MS = 60_000;

const EMPTY = { hasFailed: false, isForced: false, represents: 1, chars: 0 };

/** Holds traces in the order in which they came. */
export class OpenTraces {
  readonly #report: IntakeReport;
  readonly #mostSpans: number;
  readonly #mostSpansOfTrace: number;
  readonly #mostChars: number;
  readonly #traces = new Map<string, Draft>();
  readonly #peers = new Peers();
  #spans = 0;
  #chars = 0;

  constructor(report: IntakeReport, limits: OpenTracesLimits = {}) {
    this.#report = report;
    this.#mostSpans = limits.mostSpans ?? 50_000;
    this.#mostSpansOfTrace = limits.mostSpansOfTrace ?? 5_000;
    this.#mostChars = limits.mostChars ?? 24_000_000;
  }

  /** Spans of all traces. */
  get size(): number {
    return this.#spans;
  }

  /** The least mark of all that are open. */
  get oldestMark(): number | undefined {
    // The one that came first is the first one, and marks ascend.
    for (const { mark } of this.#traces.values()) return mark;
    return undefined;
  }

  /** All that are open; they stay so. */
  all(): Iterable<OpenTrace> {
    return this.#traces.values();
  }

  /**
   * Takes a span; gives back in words why it could not.
   *
   * @param now - on any clock that does not go back
   * @param mark - the place of the span in its log, if the log may have to be read again from there
   */
  span(traceId: string, facts: SpanFacts, now: number, mark = 0): string | undefined {
    let trace = this.#traces.get(traceId);
    if (trace === undefined) {
      trace = { ...EMPTY, traceId, records: [], peers: new Map(), cameAt: now, grewAt: now, mark };
      this.#traces.set(traceId, trace);
    }
    if (trace.records.length >= this.#mostSpansOfTrace) {
      this.#report.leftOut("Spans of traces that have very many");
      return `a trace has more than ${this.#mostSpansOfTrace} spans`;
    }
    trace.grewAt = now;
    const bounded = boundedSpan(facts);
    add(trace, bounded.facts, this.#peers);
    trace.chars += bounded.chars;
    this.#chars += bounded.chars;
    this.#spans++;
    return undefined;
  }

  /** Takes out the oldest traces if there are too many spans: a tenth of all at once, because to find the first one is slow. */
  *overflowing(): Generator<OpenTrace> {
    if (this.#spans <= this.#mostSpans && this.#chars <= this.#mostChars) return;
    for (const trace of this.#traces.values()) {
      if (this.#spans <= 0.9 * this.#mostSpans && this.#chars <= 0.9 * this.#mostChars) return;
      yield this.#take(trace);
    }
  }

  /** Takes out the traces that have not grown since then, and those that have grown for long: what comes of them is counted in parts. */
  *settled(since: number): Generator<OpenTrace> {
    for (const trace of this.#traces.values()) {
      if (trace.grewAt <= since || trace.cameAt <= since - LONGEST_MS) yield this.#take(trace);
    }
  }

  /** The failing traces that have grown from `from` to before `to`. */
  *failing(from: number, to: number): Generator<OpenTrace> {
    for (const trace of this.#traces.values()) {
      if ((trace.hasFailed || trace.isForced) && trace.grewAt >= from && trace.grewAt < to) yield trace;
    }
  }

  #take(trace: Draft): OpenTrace {
    this.#traces.delete(trace.traceId);
    this.#spans -= trace.records.length;
    this.#chars -= trace.chars;
    return trace;
  }
}

function add(trace: Draft, facts: SpanFacts, peers: Peers): void {
  const { attributes } = facts;
  const record = toSpanRecord(facts);
  // Read now what would be read later: the attributes would stay in memory until then.
  void record.call?.value;
  record.service = nameOf(record.service) ?? UNKNOWN_SERVICE;
  trace.records.push(record);
  const peer = record.kind === "client" || record.kind === "producer" ? peers.of(attributes) : undefined;
  if (peer !== undefined) trace.peers.set(record.spanId, peer);
  trace.hasFailed ||= record.failed;
  if (attributes["error_tree.forced"] === true || record.synthesized !== undefined) trace.isForced = true;
  const represents = Number(attributes["error_tree.represents"]);
  if (Number.isSafeInteger(represents) && represents > trace.represents) trace.represents = represents;
}
