// Finds the fragment of an exchange.
import type { Exchange } from "../exchange.ts";
import { Fragment } from "./fragment.ts";

/** The fragment of an exchange, if it is in flight and the span is of the same trace. */
export function fragmentOf(exchange: Exchange | undefined, traceId: string): Fragment | undefined {
  const fragment = exchange?.fragment;
  if (!(fragment instanceof Fragment) || !fragment.isInFlight || fragment.traceId !== traceId)
    return undefined;
  return fragment;
}

/**
 * True if the request goes on and its fragment is in flight no more, to make room or because the process ends: what starts in it
 * is no request of its own.
 */
export function hasLeft(exchange: Exchange | undefined, traceId: string): boolean {
  const fragment = exchange?.fragment;
  if (!(fragment instanceof Fragment) || fragment.isInFlight) return false;
  return fragment.traceId === traceId && !fragment.root.span.ended;
}
