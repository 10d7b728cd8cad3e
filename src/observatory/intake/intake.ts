// Takes in OTLP and plain events, and counts what they tell.
import { isObject, objectsIn } from "../../otlp/json-value.ts";
import type { MetricSink } from "../../otlp/metric-point.ts";
import { readResourceSpans } from "../../otlp/read-json.ts";
import { readResourceMetrics } from "../../otlp/read-metrics-json.ts";
import { readMetricsProtobuf } from "../../otlp/read-metrics-protobuf.ts";
import { type ProtobufReading, readProtobuf } from "../../otlp/read-protobuf.ts";
import type { SpanSink } from "../../otlp/span-sink.ts";
import type { Work } from "../../otlp/work.ts";
import type { SpanFacts } from "../../spans/span-record.ts";
import type { Counts } from "../graph/counts.ts";
import { nameOf } from "../graph/names.ts";
import type { CountsTarget } from "./counts-target.ts";
import { FlowMetrics } from "./flow-metrics.ts";
import { IntakeReport, type TimeBounds } from "./intake-report.ts";
import { type OpenTrace, OpenTraces, type OpenTracesLimits } from "./open-traces.ts";
import { readPlainEvent } from "./plain-event.ts";
import { countSpans } from "./span-edges.ts";
import { Trail, type TrailLimits } from "./trail.ts";

/** How much is kept of what is pending. */
export interface IntakeLimits extends TrailLimits, OpenTracesLimits {
  /** Series of metrics. @default 50000 */
  readonly mostSeries?: number;
}

/** What became of one request of OTLP. */
export interface Taken {
  /** Spans or points that could not be read, or for which there was no room. */
  readonly rejected: number;
  /** Why the first of them does not count, in words. */
  readonly first?: string;
  /** In words, if the whole of it could not be read. */
  readonly broken?: string;
}

/** What was refused of one request. */
class Refused {
  count = 0;
  first: string | undefined;

  add(why: string | undefined): void {
    if (why === undefined) return;
    this.count++;
    this.first ??= why;
  }
}

const EVER: TimeBounds = { oldest: Number.NEGATIVE_INFINITY, newest: Number.POSITIVE_INFINITY };
/** Failing traces that are kept for {@link Intake.settle} if they had to make room before: their spans, and characters of texts in them. */
const [MOST_EARLY_SPANS, MOST_EARLY_CHARS] = [10_000, 8_000_000];
/** A longer id of a trace or a span is refused: thousands of them are kept, and a part of it may be that of another one. */
const MOST_ID = 128;

/** Everything that comes in goes through here. */
export class Intake implements CountsTarget {
  counts: Counts;
  mark = 0;
  readonly report: IntakeReport;
  readonly #metrics: FlowMetrics;
  readonly #trail: Trail;
  readonly #traces: OpenTraces;
  /** Failing traces that had to make room. */
  readonly #early: OpenTrace[] = [];
  #earlySpans = 0;
  #earlyChars = 0;

  /** @param bounds - which times count, asked for each time */
  constructor(counts: Counts, bounds: () => TimeBounds, limits: IntakeLimits = {}) {
    this.counts = counts;
    this.report = new IntakeReport(bounds);
    this.#metrics = new FlowMetrics(this, this.report, limits.mostSeries);
    this.#trail = new Trail(this, this.report, limits);
    this.#traces = new OpenTraces(this.report, limits);
  }

  /** One plain event in a line; gives back in words what is wrong with it. */
  eventLine(line: string, receivedMs: number): string | undefined {
    const event = readPlainEvent(line, receivedMs);
    if (typeof event !== "string") this.#trail.event(event, this.mark);
    else this.report.unreadable(event);
    return typeof event === "string" ? event : undefined;
  }

  /** See {@link Trail.newestMs}. */
  get newestEventMs(): number | undefined {
    return this.#trail.newestMs;
  }

  /** The least mark of all that is pending: who reads the log again begins there. */
  get oldestMark(): number | undefined {
    const marks = [this.#trail.oldestMark, this.#traces.oldestMark, this.#metrics.oldestMark];
    const known = marks.filter((mark) => mark !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** Counts the traces that are still open elsewhere, as if nothing more of them came. */
  countOpen(counts: Counts): void {
    const report = new IntakeReport(() => EVER);
    for (const trace of this.#traces.all()) countSpans(trace, counts, report);
  }

  *metricsProtobuf(bytes: Buffer): Work<Taken> {
    const refused = new Refused();
    return this.#taken(yield* readMetricsProtobuf(bytes, this.#metricSink(refused)), refused, "metrics");
  }

  /** @param document - a parsed `ExportMetricsServiceRequest` */
  *metricsJson(document: unknown): Work<Taken> {
    if (!isObject(document) || !Array.isArray(document.resourceMetrics))
      return this.#broken("metrics in JSON without resourceMetrics");
    const refused = new Refused();
    const sink = this.#metricSink(refused);
    let unread = 0;
    for (const one of objectsIn(document.resourceMetrics)) {
      yield;
      unread += yield* readResourceMetrics(one, sink);
    }
    return this.#taken({ unread, broken: false }, refused, "metrics");
  }

  *tracesProtobuf(bytes: Buffer, now: number): Work<Taken> {
    const refused = new Refused();
    return this.#taken(yield* readProtobuf(bytes, this.#spanSink(refused, now)), refused, "traces");
  }

  /** @param document - a parsed `ExportTraceServiceRequest` */
  *tracesJson(document: unknown, now: number): Work<Taken> {
    if (!isObject(document) || !Array.isArray(document.resourceSpans))
      return this.#broken("traces in JSON without resourceSpans");
    const refused = new Refused();
    const sink = this.#spanSink(refused, now);
    let unread = 0;
    for (const one of objectsIn(document.resourceSpans)) {
      yield;
      unread += yield* readResourceSpans(one, sink);
    }
    return this.#taken({ unread, broken: false }, refused, "traces");
  }

  /** Takes one span; gives back in words why it could not. */
  span(traceId: string, facts: SpanFacts, now: number): string | undefined {
    const { spanId, parentId = "" } = facts;
    if (Math.max(traceId.length, spanId.length, parentId.length) > MOST_ID) {
      const wrong = `a span with an id of more than ${MOST_ID} characters`;
      this.report.unreadable(wrong);
      return wrong;
    }
    const service = nameOf(facts.service);
    const time = (Number.isFinite(facts.end) ? facts.end : facts.start) / 1000;
    if (service !== undefined && this.report.isKept(time)) this.counts.seen(service, time);
    const refused = this.#traces.span(traceId, facts, now, this.mark);
    for (const full of this.#traces.overflowing()) {
      this.#settle(full);
      if (full.hasFailed) this.#keepEarly(full);
    }
    return refused;
  }

  /**
   * Counts the traces that have not grown since then, and gives back all that were counted and may have failed. Whoever stops in between
   * goes on with the next call.
   */
  *settle(since: number): Generator<OpenTrace> {
    for (let trace = this.#early.shift(); trace !== undefined; trace = this.#early.shift()) {
      this.#earlySpans -= trace.records.length;
      this.#earlyChars -= trace.chars;
      yield trace;
    }
    for (const trace of this.#traces.settled(since)) {
      this.#settle(trace);
      yield trace;
    }
  }

  /** See {@link OpenTraces.failing}. */
  failing(from: number, to: number): Generator<OpenTrace> {
    return this.#traces.failing(from, to);
  }

  #keepEarly(trace: OpenTrace): void {
    if (this.#earlySpans >= MOST_EARLY_SPANS || this.#earlyChars >= MOST_EARLY_CHARS) {
      this.report.leftOut("Failing traces that are not in the list because very many came at once");
      return;
    }
    this.#earlySpans += trace.records.length;
    this.#earlyChars += trace.chars;
    this.#early.push(trace);
  }

  #settle(trace: OpenTrace): void {
    countSpans(trace, this.counts, this.report);
  }

  #spanSink(refused: Refused, now: number): SpanSink {
    return { span: (traceId, facts) => refused.add(this.span(traceId, facts, now)) };
  }

  #metricSink(refused: Refused): MetricSink {
    const metrics = this.#metrics;
    return {
      wants: (metric) => metrics.wants(metric),
      point: (point) => refused.add(metrics.point(point)),
    };
  }

  #taken({ unread, broken }: ProtobufReading, { count, first }: Refused, what: string): Taken {
    const rejected = unread + count;
    if (broken)
      return this.#broken(`${what} in protobuf that end or change where they should not`, unread, rejected);
    const some = `${what} with parts that could not be read`;
    if (unread > 0) this.report.unreadable(some, unread);
    return rejected === 0 ? { rejected } : { rejected, first: first ?? some };
  }

  #broken(what: string, unread = 0, rejected: number = unread): Taken {
    this.report.unreadable(what, unread + 1);
    return { rejected, broken: what };
  }
}
