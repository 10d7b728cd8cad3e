// Names the numbers of OpenTelemetry's API: kinds and statuses of a span, its flags, and the decisions of a sampler.

export const INTERNAL = 0;
export const SERVER = 1;
export const CLIENT = 2;
export const PRODUCER = 3;
export const CONSUMER = 4;

export const STATUS_UNSET = 0;
export const STATUS_OK = 1;
export const STATUS_ERROR = 2;

/** The flag in `traceFlags` that the head sampler sets. */
export const SAMPLED = 1;

/** A sampler's decisions. */
export const NOT_RECORD = 0;
export const RECORD = 1;
export const RECORD_AND_SAMPLED = 2;

/** The kinds of a span, by the names of the OpenTelemetry specification. */
export type SpanKindName = "internal" | "server" | "client" | "producer" | "consumer";

/** All kinds by the numbers of OpenTelemetry's API, from 0; the numbers of OTLP are one more, 0 is none there. */
export const SPAN_KINDS: readonly SpanKindName[] = ["internal", "server", "client", "producer", "consumer"];

/** The status of a span, by the names of the OpenTelemetry specification. */
export type SpanStatus = "unset" | "ok" | "error";

/** All statuses by the numbers of OpenTelemetry's API and of OTLP. */
export const SPAN_STATUSES: readonly SpanStatus[] = ["unset", "ok", "error"];
