// Holds a span as exporters read it: a copy of the recorded span, in which what is to be different is changed.
import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { nameText } from "./name-text.ts";
import { SAMPLED } from "./otel.ts";

/**
 * One flat object per exported span. The recorded span is never changed: it may still live, and the program's own exporters
 * may read it. Whoever holds the copy may change it until it is queued, because from then on several exporters read it.
 */
export class WrittenSpan implements ReadableSpan {
  name: string;
  kind: ReadableSpan["kind"];
  parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  endTime: HrTime;
  duration: HrTime;
  ended: boolean;
  status: ReadableSpan["status"];
  attributes: Attributes;
  events: ReadableSpan["events"];
  links: ReadableSpan["links"];
  resource: ReadableSpan["resource"];
  instrumentationScope: ReadableSpan["instrumentationScope"];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  #context: SpanContext;

  constructor(span: ReadableSpan) {
    this.name = nameText(span.name);
    this.kind = span.kind;
    this.#context = span.spanContext();
    this.parentSpanContext = span.parentSpanContext as SpanContext;
    this.startTime = span.startTime;
    this.endTime = span.endTime;
    this.duration = span.duration;
    this.ended = span.ended;
    this.status = span.status;
    this.attributes = { ...span.attributes };
    this.events = span.events.every(hasName) ? span.events : span.events.map(named);
    // An exporter throws at a link to nothing, and all spans of the export are lost.
    this.links = span.links.filter(({ context }) => context?.spanId !== undefined);
    this.resource = span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.droppedAttributesCount = span.droppedAttributesCount;
    this.droppedEventsCount = span.droppedEventsCount;
    this.droppedLinksCount = span.droppedLinksCount;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  /** True if the head sampler took the span, or after {@link markSampled}. */
  get isSampled(): boolean {
    return (this.#context.traceFlags & SAMPLED) !== 0;
  }

  /** Sets the sampled flag, without which exporters and backends drop the span. `tracestate` stays as it came. */
  markSampled(): void {
    this.#context = { ...this.#context, traceFlags: this.#context.traceFlags | SAMPLED };
  }

  addAttributes(attributes: Readonly<Record<string, unknown>> | undefined): void {
    Object.assign(this.attributes, attributes);
  }

  /** Sets the parent, a span of the same trace; `undefined` for none. */
  setParent(spanId: string | undefined): void {
    if (this.parentSpanContext?.spanId === spanId) return;
    const parent = this.parentSpanContext ?? this.#context;
    this.parentSpanContext = (
      spanId === undefined ? undefined : { ...parent, spanId, isRemote: true }
    ) as SpanContext;
  }

  /**
   * Ends it, one microsecond after its start if `end` is not later: Jaeger takes a span without duration for one of negative
   * duration, moves its end and adds a warning.
   */
  endAt(end: HrTime): void {
    const { startTime } = this;
    this.endTime = isAfter(end, startTime) ? end : plusNanos(startTime, 1000);
    this.duration = between(startTime, this.endTime);
    this.ended = true;
  }
}

function hasName({ name }: ReadableSpan["events"][number]): boolean {
  return typeof name === "string";
}

function named(event: ReadableSpan["events"][number]): ReadableSpan["events"][number] {
  return { ...event, name: nameText(event.name) };
}

/** What has to be known of a span that no tracer recorded. */
export interface UnrecordedSpan
  extends Pick<
      ReadableSpan,
      "name" | "kind" | "startTime" | "endTime" | "status" | "attributes" | "resource"
    >,
    Partial<Pick<ReadableSpan, "parentSpanContext" | "events">> {
  readonly context: SpanContext;
}

/** Makes a span that no tracer recorded: its scope is this package. */
export function unrecordedSpan({ context, ...known }: UnrecordedSpan): WrittenSpan {
  const span = new WrittenSpan({
    spanContext: () => context,
    duration: [0, 0],
    ended: true,
    links: [],
    events: [],
    instrumentationScope: { name: "otel-error-tree" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...known,
  });
  span.endAt(known.endTime);
  return span;
}

function isAfter(time: HrTime, other: HrTime): boolean {
  return time[0] > other[0] || (time[0] === other[0] && time[1] > other[1]);
}

function plusNanos([seconds, nanos]: HrTime, more: number): HrTime {
  return nanos + more < 1e9 ? [seconds, nanos + more] : [seconds + 1, nanos + more - 1e9];
}

function between([startSeconds, startNanos]: HrTime, [seconds, nanos]: HrTime): HrTime {
  return nanos >= startNanos
    ? [seconds - startSeconds, nanos - startNanos]
    : [seconds - startSeconds - 1, nanos - startNanos + 1e9];
}
