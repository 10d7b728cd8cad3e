// Makes of a pipeline what the functions for handlers, and the hooks of frameworks, reach.
import type { Exchange } from "../exchange.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { MessageSide, RunningSetUp } from "../program/set-ups.ts";

/** @param exchanges - by the headers object of node's request */
export function runningSetUp(
  pipeline: Pipeline,
  exchanges: WeakMap<object, Exchange>,
  messages: MessageSide,
): RunningSetUp {
  return {
    messages,
    treeSoFar: (spanId) => pipeline.treeSoFar(spanId),
    fail: (spanId, error, code) => pipeline.fail(spanId, error, code),
    note: ({ headers, spanId }, noted) => {
      if (headers === undefined) return pipeline.note({ exchange: undefined, spanId }, noted);
      const exchange = exchanges.get(headers);
      return exchange !== undefined && pipeline.note({ exchange, spanId: undefined }, noted);
    },
    watchCalls: (spanId) => pipeline.watchCalls(spanId),
  };
}
