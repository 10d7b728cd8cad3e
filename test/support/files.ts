// Spans of the semantics file written as OTLP JSON and as Jaeger JSON, as producers and backends write them.
import type { SpanFacts } from "../../src/spans/span-record.ts";

const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUS = ["unset", "ok", "error"];
/** A time of day to which the milliseconds of a case are added. */
const EPOCH_MS = 1_800_000_000_000;

/** A 64-bit id for the letters that name a span. */
function spanIdOf(name: string): string {
  return Buffer.from(name).toString("hex").padStart(16, "0");
}

/** An OTLP request: one resource per service. */
export function otlpRequest(spans: readonly SpanFacts[], traceId: string = TRACE_ID): object {
  const services = [...new Set(spans.map(({ service }) => service))];
  return {
    resourceSpans: services.map((service) => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [
        {
          scope: { name: "test" },
          spans: spans.filter((span) => span.service === service).map((span) => otlpSpan(span, traceId)),
        },
      ],
    })),
  };
}

function otlpSpan(span: SpanFacts, traceId: string): object {
  return {
    traceId,
    spanId: spanIdOf(span.spanId),
    parentSpanId: span.parentId === undefined ? "" : spanIdOf(span.parentId),
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    startTimeUnixNano: `${BigInt(EPOCH_MS + span.start) * 1_000_000n}`,
    endTimeUnixNano: `${BigInt(EPOCH_MS + span.end) * 1_000_000n}`,
    attributes: pairs(span.attributes),
    events: span.events.map(({ name, attributes }) => ({ name, attributes: pairs(attributes ?? {}) })),
    status: { code: STATUS.indexOf(span.status), message: span.statusMessage },
  };
}

function pairs(attributes: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}

/** An answer of Jaeger's query API with one trace. */
export function jaegerAnswer(spans: readonly SpanFacts[], traceId: string = TRACE_ID): object {
  const services = [...new Set(spans.map(({ service }) => service))];
  const processes = Object.fromEntries(
    services.map((service, i) => [`p${i + 1}`, { serviceName: service, tags: [] }]),
  );
  return {
    data: [
      {
        traceID: traceId,
        processes,
        spans: spans.map((span) => jaegerSpan(span, traceId, `p${services.indexOf(span.service) + 1}`)),
      },
    ],
  };
}

function jaegerSpan(span: SpanFacts, traceId: string, processID: string): object {
  const status =
    span.status === "unset"
      ? []
      : [{ key: "otel.status_code", type: "string", value: span.status.toUpperCase() }];
  const error = span.status === "error" ? [{ key: "error", type: "bool", value: true }] : [];
  const message =
    span.statusMessage === undefined
      ? []
      : [{ key: "otel.status_description", type: "string", value: span.statusMessage }];
  return {
    traceID: traceId,
    spanID: spanIdOf(span.spanId),
    operationName: span.name,
    references:
      span.parentId === undefined
        ? []
        : [{ refType: "CHILD_OF", traceID: traceId, spanID: spanIdOf(span.parentId) }],
    startTime: (EPOCH_MS + span.start) * 1000,
    duration: (span.end - span.start) * 1000,
    processID,
    tags: [
      { key: "span.kind", type: "string", value: span.kind },
      ...status,
      ...error,
      ...message,
      ...Object.entries(span.attributes).map(([key, value]) => ({
        key,
        type: typeof value === "number" ? "int64" : "string",
        value,
      })),
    ],
    logs: span.events.map(({ name, attributes }) => ({
      timestamp: (EPOCH_MS + span.end) * 1000,
      fields: [
        { key: "event", type: "string", value: name },
        ...Object.entries(attributes ?? {}).map(([key, value]) => ({ key, type: "string", value })),
      ],
    })),
  };
}
