// One large trace in the formats that people have in hand: ten services, client and server spans, failures spread evenly.

const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const START_MICROS = 1_800_000_000_000_000;
const SERVICES = 10;
const KINDS = ["server", "client", "internal"] as const;
const OTLP_KINDS = { server: 2, client: 3, internal: 1 } as const;

/** A span of the trace, before it is written in any format. */
interface Span {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly service: number;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  readonly start: number;
  readonly end: number;
  readonly tags: Readonly<Record<string, string | number>>;
  /** What the error says, if the span failed. */
  readonly error: string | undefined;
}

/** The formats, each with the text of a trace in which every span has up to four children. */
export const LARGE_TRACES: Readonly<Record<string, (spans: number, failures: number) => string>> = {
  "OTLP JSON": (spans, failures) => JSON.stringify(otlp(largeTrace(spans, failures))),
  "Jaeger JSON": (spans, failures) => JSON.stringify(jaeger(largeTrace(spans, failures))),
  "Jaeger spans": (spans, failures) => largeTrace(spans, failures).map(jaegerLine).join("\n"),
  "Zipkin v2": (spans, failures) => JSON.stringify(largeTrace(spans, failures).map(zipkin)),
};

function largeTrace(spans: number, failures: number): Span[] {
  const step = Math.max(1, Math.floor(spans / failures));
  return Array.from({ length: spans }, (_, i) => span(i, spans, i % step === 1));
}

function span(i: number, spans: number, failed: boolean): Span {
  return {
    id: id(i),
    parentId: i === 0 ? undefined : id(Math.floor((i - 1) / 4)),
    service: i % SERVICES,
    name: `GET /orders/:id ${i % 50}`,
    kind: KINDS[i % KINDS.length] ?? "internal",
    start: START_MICROS + i,
    // Later than those of its children, so that all clocks agree.
    end: START_MICROS + 2 * spans - i,
    tags: {
      "http.request.method": "GET",
      "url.path": `/orders/${i}`,
      "server.address": "orders.internal",
      "http.response.status_code": failed ? 500 : 200,
      "network.peer.port": 8080,
      "user_agent.original": "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    },
    error: failed ? `x is undefined ${i}` : undefined,
  };
}

function id(i: number): string {
  return (i + 1).toString(16).padStart(16, "0");
}

/** A request of an exporter. */
function otlp(spans: readonly Span[]): object {
  return {
    resourceSpans: Array.from({ length: SERVICES }, (_, service) => ({
      resource: { attributes: [pair("service.name", `service-${service}`)] },
      scopeSpans: [
        { scope: { name: "bench" }, spans: spans.filter((one) => one.service === service).map(otlpSpan) },
      ],
    })),
  };
}

function otlpSpan({ id, parentId = "", name, kind, start, end, tags, error }: Span): object {
  const exception = [pair("exception.type", "TypeError"), pair("exception.message", error ?? "")];
  return {
    traceId: TRACE_ID,
    spanId: id,
    parentSpanId: parentId,
    name,
    kind: OTLP_KINDS[kind],
    startTimeUnixNano: `${start}000`,
    endTimeUnixNano: `${end}000`,
    attributes: Object.entries(tags).map(([key, value]) => pair(key, value)),
    events:
      error === undefined ? [] : [{ name: "exception", timeUnixNano: `${start}000`, attributes: exception }],
    status: error === undefined ? {} : { code: 2, message: `failed: ${error}` },
  };
}

function pair(key: string, value: string | number): object {
  return { key, value: typeof value === "number" ? { intValue: `${value}` } : { stringValue: value } };
}

/** An answer of Jaeger's query API, with the tags that Jaeger adds to spans that came by OTLP. */
function jaeger(spans: readonly Span[]): object {
  const processes = Array.from({ length: SERVICES }, (_, service) => [
    `p${service}`,
    { serviceName: `service-${service}`, tags: [tag("host.name", "worker-7")] },
  ]);
  const trace = {
    traceID: TRACE_ID,
    spans: spans.map((one) => ({ ...jaegerSpan(one), processID: `p${one.service}`, warnings: null })),
    processes: Object.fromEntries(processes),
    warnings: null,
  };
  return { data: [trace], total: 0, limit: 0, offset: 0, errors: null };
}

/** A span as Elasticsearch holds it. */
function jaegerLine(one: Span): string {
  const process = { serviceName: `service-${one.service}`, tags: [tag("host.name", "worker-7")] };
  return JSON.stringify({ ...jaegerSpan(one), startTimeMillis: Math.floor(one.start / 1000), process });
}

function jaegerSpan({ id, parentId, name, kind, start, end, tags, error }: Span): object {
  const failure = [tag("otel.status_code", "ERROR"), tag("error", true)];
  const exception = [
    tag("event", "exception"),
    tag("exception.type", "TypeError"),
    tag("exception.message", error ?? ""),
  ];
  return {
    traceID: TRACE_ID,
    spanID: id,
    operationName: name,
    references: parentId === undefined ? [] : [{ refType: "CHILD_OF", traceID: TRACE_ID, spanID: parentId }],
    startTime: start,
    duration: end - start,
    tags: [
      tag("otel.scope.name", "bench"),
      ...Object.entries(tags).map(([key, value]) => tag(key, value)),
      tag("span.kind", kind),
      ...(error === undefined ? [] : [...failure, tag("otel.status_description", `failed: ${error}`)]),
    ],
    logs: error === undefined ? [] : [{ timestamp: start, fields: exception }],
  };
}

function tag(key: string, value: string | number | boolean): object {
  const type = typeof value === "number" ? "int64" : typeof value === "boolean" ? "bool" : "string";
  return { key, type, value };
}

function zipkin({ id, parentId, service, name, kind, start, end, tags, error }: Span): object {
  const texts = Object.entries(tags).map(([key, value]) => [key, `${value}`]);
  return {
    traceId: TRACE_ID,
    ...(parentId === undefined ? undefined : { parentId }),
    id,
    ...(kind === "internal" ? undefined : { kind: kind.toUpperCase() }),
    name,
    timestamp: start,
    duration: end - start,
    localEndpoint: { serviceName: `service-${service}`, ipv4: "10.0.0.7" },
    tags: { ...Object.fromEntries(texts), ...(error === undefined ? undefined : { error }) },
  };
}
