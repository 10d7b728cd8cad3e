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
    note: ({ headers, request, spanId }, noted) => {
      // None is found if the program has put other headers in their place, or for a request within the process.
      const exchange = headers === undefined ? undefined : exchanges.get(headers);
      return program.note({ exchange, spanId, request: request ?? headers }, noted);
    },
    watchCalls: (spanId) => program.watchCalls(spanId),
  };
}
