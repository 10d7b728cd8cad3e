// The kinds of spans.

/** The kinds of a span, by the names of the OpenTelemetry specification. */
export type SpanKindName = "internal" | "server" | "client" | "producer" | "consumer";
