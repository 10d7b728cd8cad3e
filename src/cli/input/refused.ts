// Names what people have in hand and is not read, and says what to do instead.
import { isObject, type JsonObject, objectsIn, textIn } from "../../otlp/json-value.ts";
import type { DocumentFormat } from "./document-format.ts";

const EXPORT = "export it by OTLP, and read what the Collector's file exporter writes";

function refused(
  what: string,
  instead: string,
  recognises: (document: JsonObject) => boolean,
): DocumentFormat {
  return { name: what, recognises, read: (_, reading) => reading.refuse(what, instead) };
}

/** True if a member of that name is there. */
const has =
  (...names: readonly string[]) =>
  (document: JsonObject): boolean =>
    names.some((name) => name in document);

/** The first of a list that is a member. */
function firstOf(value: unknown): JsonObject {
  return objectsIn(value)[0] ?? {};
}

/** JSON of other signals and of other systems. */
export const REFUSED_FORMATS: readonly DocumentFormat[] = [
  refused(
    "OTLP metrics",
    "they hold no spans: give the file of the traces",
    has("resourceMetrics", "resource_metrics", "scopeMetrics"),
  ),
  refused(
    "OTLP logs",
    "they hold no spans: give the file of the traces",
    has("resourceLogs", "resource_logs", "scopeLogs"),
  ),
  refused("OTLP profiles", "they hold no spans: give the file of the traces", has("resourceProfiles")),
  refused(
    "output of OpenTelemetry's console exporter (Python)",
    EXPORT,
    ({ context, parent_id }) => isObject(context) && "trace_id" in context && parent_id !== undefined,
  ),
  refused("output of OpenTelemetry's stdout exporter (Go)", EXPORT, has("SpanContext")),
  refused(
    "output of OpenTelemetry's console exporter (PHP)",
    EXPORT,
    ({ scopes }) => "context" in firstOf(firstOf(scopes).spans),
  ),
  refused(
    "a search result of Tempo",
    "it names traces without their spans: ask for one, by --tempo URL --trace ID",
    has("rootServiceName", "rootTraceName"),
  ),
  refused(
    "spans of SkyWalking",
    "ask its OpenTelemetry exporter, or Zipkin's API of its query server",
    ({ spans, segmentId, traceSegmentId }) =>
      segmentId !== undefined ||
      traceSegmentId !== undefined ||
      has("segmentId", "refs")(firstOf(spans)) ||
      ("endpointName" in firstOf(spans) && "layer" in firstOf(spans)),
  ),
  refused(
    "segments of AWS X-Ray",
    EXPORT,
    (document) =>
      has("Segments", "subsegments", "Traces", "TraceSummaries", "segments")(document) ||
      (textIn(document.trace_id) ?? "").startsWith("1-"),
  ),
  refused(
    "spans of Datadog",
    EXPORT,
    (document) =>
      ("trace_id" in document &&
        "span_id" in document &&
        (has("meta", "resource_name")(document) || typeof document.resource === "string")) ||
      (has("trace_id", "root_id")(document) && isObject(document.spans)) ||
      (document.type === "spans" && isObject(document.attributes)),
  ),
  refused(
    "events of Elastic APM",
    EXPORT,
    ({ transaction, span, trace, processor, metadata }) =>
      isObject(processor) ||
      (isObject(transaction) && "trace_id" in transaction) ||
      (isObject(span) && "trace_id" in span) ||
      (isObject(trace) && "id" in trace && (isObject(transaction) || isObject(span))) ||
      (isObject(metadata) && "service" in metadata),
  ),
  refused(
    "traces of Google Cloud",
    EXPORT,
    (document) => has("projectId", "displayName")(document) && has("spans", "spanId", "traceId")(document),
  ),
  refused(
    "telemetry of Azure Application Insights",
    EXPORT,
    has("operation_Id", "itemType", "operation_ParentId", "ai.operation.id"),
  ),
  refused("events of Honeycomb", EXPORT, has("trace.trace_id", "trace.span_id")),
  refused(
    "spans of New Relic",
    EXPORT,
    (document) =>
      has("guid", "trace.id")(document) ||
      "nr.entryPoint" in document ||
      "guid" in firstOf(firstOf(document.results).events),
  ),
  refused(
    "spans of Lightstep",
    EXPORT,
    (document) =>
      has("span-guid", "span-id", "trace-id")(document) ||
      (isObject(document.attributes) && has("span-id", "span-guid")(firstOf(document.attributes.spans))),
  ),
  refused(
    "an event of Sentry",
    EXPORT,
    ({ contexts, event_id }) => event_id !== undefined || (isObject(contexts) && "trace" in contexts),
  ),
  refused("a trace of Chrome's profiler", "it holds no spans of requests", has("traceEvents")),
  refused(
    "a recording of HTTP (HAR)",
    "its responses may hold trees: give the value of x-error-tree",
    ({ log }) => isObject(log) && "entries" in log,
  ),
  refused(
    "a dashboard or data frames of Grafana",
    "give the trace as its JSON",
    has("schemaVersion", "panels", "frames"),
  ),
];

const hasTraceId = has("traceId", "traceID", "trace_id", "TraceId", "TraceID");
const hasSpanId = has("spanId", "spanID", "span_id", "SpanId", "SpanID");

/** A line of a log names the span in which it was written. */
export const LOG_LINE: DocumentFormat = refused(
  "lines of a log",
  "they only name spans: give the file of the traces",
  (document) =>
    hasTraceId(document) &&
    !has("duration", "endTime", "end_time", "parentSpanId", "parent_span_id", "parentId")(document) &&
    has(
      "level",
      "severity",
      "severityText",
      "severity_text",
      "SeverityText",
      "log.level",
      "levelname",
    )(document),
);

/** Ids of a span by any name, in a document of no kind that is known. */
export const UNKNOWN_SPAN: DocumentFormat = refused(
  "spans of a kind that is not known",
  EXPORT,
  (document) => hasTraceId(document) && hasSpanId(document),
);

/** The message of a backend that has an error in place of an answer; `undefined` if the document is none. */
export function errorMessage(document: JsonObject): string | undefined {
  const { error, errors, message, data } = document;
  if (Array.isArray(data) && data.length > 0) return undefined;
  const [first] = objectsIn(errors);
  if (first !== undefined) return textIn(first.msg) ?? textIn(first.message);
  if (isObject(error)) return textIn(error.message) ?? textIn(error.reason) ?? textIn(error.msg);
  if (typeof error === "string" && error !== "") return textIn(message) ?? error;
  const hasCode = ["code", "status", "traceID", "statusCode"].some((name) => name in document);
  return hasCode ? textIn(message) : undefined;
}

/** Text that is no JSON: what it is, and what to do instead. */
const REFUSED_TEXTS: readonly (readonly [pattern: RegExp, what: string, instead: string])[] = [
  [
    /^[<\t ]*HTTP\/\d/m,
    "an HTTP response without the field x-error-tree",
    "`otel-error-tree doctor URL` says why",
  ],
  [
    /Resource(?:Spans|Traces) #\d|^[\t ]*Trace ID +: [0-9a-f]{32}|\bTraces\t\{.*"otelcol\.component/m,
    "text of the Collector's debug exporter",
    "use its file exporter, which writes OTLP JSON",
  ],
  [/^[\t ]*Activity\.TraceId:/m, "output of OpenTelemetry's console exporter (.NET)", EXPORT],
  [
    /^[\t ]*instrumentation(?:Scope|Library): \{|^[\t ]*traceId: '[0-9a-f]{32}'/m,
    "output of OpenTelemetry's console exporter (JavaScript)",
    EXPORT,
  ],
  [
    /' : [0-9a-f]{32} [0-9a-f]{16} [A-Z]+ \[tracer: /,
    "output of OpenTelemetry's logging exporter (Java)",
    EXPORT,
  ],
  [/^[\t ]*trace_id +: [0-9a-f]{32}/m, "output of OpenTelemetry's ostream exporter (C++)", EXPORT],
  [/^[\t ]*TraceId +: [0-9a-f]{32}/m, "output of OpenTelemetry's stdout exporter (Rust)", EXPORT],
  [/^\*SPANS FOR DEBUG\*/m, "output of OpenTelemetry's console exporter (Erlang)", EXPORT],
  [
    /#<struct OpenTelemetry::SDK::Trace::SpanData/,
    "output of OpenTelemetry's console exporter (Ruby)",
    EXPORT,
  ],
  [/^\s*<(?:!doctype|html|\?xml)/i, "a page", "give what the backend's API answers"],
  [/^# (?:HELP|TYPE) /m, "metrics of Prometheus", "they hold no spans"],
];

/** What a text is that nothing could be read of, with what to do instead; `undefined` if that is not known. */
export function refusedText(text: string): string | undefined {
  const found = REFUSED_TEXTS.find(([pattern]) => pattern.test(text));
  return found === undefined ? undefined : `${found[1]}: ${found[2]}`;
}
