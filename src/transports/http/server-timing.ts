// Names the trace of a response in `Server-Timing: trace;desc=00-…`.

/** Who gets the trace id of a response: whoever gets a tree, everyone, or nobody. */
export type ServerTiming = "trusted" | "everyone" | "off";

export const FIELD = "Server-Timing";
/** Most bytes of the field: its name, the entry and the line's end. */
export const TRACE_BYTES: number = "Server-Timing: trace;desc=\r\n".length + 55;

/**
 * The entry of a trace. Browsers show the field with the request, and scripts can read it.
 * Source: W3C Trace Context, draft of the trace context metric for Server-Timing. The last part is the flags of a
 * `traceparent`, of which 01 means sampled.
 */
export function traceEntry(traceparent: string): string {
  return `trace;desc=${traceparent}`;
}
