// The trace that a response can name, and whose a trace in its head is.
import type { Fragment } from "./fragment.ts";
import { isSampled } from "./read-span.ts";

/** The fragment's own span as a `traceparent`, with the sampled flag where it is exported as things stand. */
export function traceparentOf({ traceId, root, decision }: Fragment): string {
  const exported = isSampled(root.span) || decision?.forced === true;
  return `00-${traceId}-${root.spanId}-${exported ? "01" : "00"}`;
}

/** True for a span of this trace that is none of the fragment's, where a service beneath has answered us. */
export function isOfCallee({ traceId, entries }: Fragment, traceparent: string): boolean {
  if (!traceparent.startsWith(`00-${traceId}-`)) return false;
  const spanId = traceparent.slice(36, 52);
  const answered = entries.some(({ answer }) => answer !== undefined);
  return answered && !entries.some((entry) => entry.spanId === spanId);
}
