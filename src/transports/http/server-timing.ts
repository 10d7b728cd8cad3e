// Adds `Server-Timing: trace;desc=00-…`, which names the trace of a response.
import type { ResponseHead } from "./response-head.ts";

/** Who gets the trace id of a response: whoever gets a tree, everyone, or nobody. */
export type ServerTiming = "trusted" | "everyone" | "off";

const FIELD = "Server-Timing";
/** Most bytes of the field: its name, the entry and the line's end. */
export const TRACE_BYTES: number = "Server-Timing: trace;desc=\r\n".length + 55;

/**
 * Adds the trace after what the program wrote into the field. Browsers show the field with the request, and scripts can read it.
 * Source: W3C Trace Context, draft of the trace context metric for Server-Timing. The last part is the flags of a
 * `traceparent`, of which 01 means sampled.
 */
export function addTrace(head: ResponseHead, traceparent: string): void {
  head.addItem(FIELD, `trace;desc=${traceparent}`);
}
