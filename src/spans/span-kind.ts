// The kinds of spans.

/** The kinds of a span, by the names of the OpenTelemetry specification. */
export type SpanKindName = "internal" | "server" | "client" | "producer" | "consumer";

/** All kinds by the numbers of OpenTelemetry's API, from 0; the numbers of OTLP are one more, 0 is none there. */
export const SPAN_KINDS: readonly SpanKindName[] = ["internal", "server", "client", "producer", "consumer"];
