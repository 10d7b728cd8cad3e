// Makes of a pipeline what the functions for handlers, and the hooks of frameworks, reach.
import type { Exchanges } from "../exchange.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { MessageSide, RunningSetUp } from "../program/set-ups.ts";

/** @param exchanges - by the headers object of node's request */
export function runningSetUp(pipeline: Pipeline, exchanges: Exchanges, messages: MessageSide): RunningSetUp {
  const { program } = pipeline;
  return {
    messages,
    treeSoFar: (spanId, supposed) => program.treeSoFar(spanId, supposed),
    fail: (spanId, error, code, isOneOfSeveral) => program.fail(spanId, error, code, isOneOfSeveral),
    note: ({ headers, spanId }, noted) => {
      if (headers === undefined) return program.note({ exchange: undefined, spanId }, noted);
      const exchange = exchanges.get(headers);
      return exchange !== undefined && program.note({ exchange, spanId: undefined }, noted);
    },
    watchCalls: (spanId) => program.watchCalls(spanId),
  };
}
