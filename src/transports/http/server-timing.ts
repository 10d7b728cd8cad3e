// `Server-Timing: trace;desc=00-…`: which trace tells more of a response.
import type { ResponseHead } from "./response-head.ts";

/** Who is told the trace of a response: whoever is answered, everyone, or nobody. */
export type ServerTiming = "trusted" | "everyone" | "off";

const FIELD = "Server-Timing";
/** Bytes of the field at most: its name, the entry and the line's end. */
export const TRACE_BYTES: number = "Server-Timing: trace;desc=\r\n".length + 55;

/**
 * Adds the trace behind what the program measured. A browser shows the field beside the request, and its scripts can read it.
 * Source: W3C Trace Context, draft of the trace context metric for Server-Timing; it knows the flag "sampled" as a
 * `traceparent` does.
 */
export function addTrace(head: ResponseHead, traceparent: string): void {
  head.addItem(FIELD, `trace;desc=${traceparent}`);
}
