// Names the trace of a response, and recognises the trace that a callee's response named.
import type { Fragment } from "./fragment.ts";
import { isSampled } from "./read-span.ts";

/** The fragment's own span as a `traceparent`, with the sampled flag if it is exported by the current decision. */
export function traceparentOf({ traceId, root, decision }: Fragment): string {
  const exported = isSampled(root.span) || decision?.forced === true;
  return `00-${traceId}-${root.spanId}-${exported ? "01" : "00"}`;
}

/** True for a span of this trace that is not of this fragment, if a callee has answered us. */
export function isOfCallee({ traceId, entries }: Fragment, traceparent: string): boolean {
  if (!traceparent.startsWith(`00-${traceId}-`)) return false;
  const spanId = traceparent.slice(36, 52);
  const answered = entries.some(({ answer }) => answer !== undefined);
  return answered && !entries.some((entry) => entry.spanId === spanId);
}
