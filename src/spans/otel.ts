// Numbers of OpenTelemetry's API: kinds and states of a span, its flags, and what a sampler can decide.

export const INTERNAL = 0;
export const SERVER = 1;
export const CLIENT = 2;
export const PRODUCER = 3;
export const CONSUMER = 4;

export const STATUS_UNSET = 0;
export const STATUS_ERROR = 2;

/** The flag in `traceFlags` that the head sampler sets. */
export const SAMPLED = 1;

/** A sampler's decisions. */
export const NOT_RECORD = 0;
export const RECORD = 1;
