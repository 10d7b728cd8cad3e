// Declares what readers of files call for each span and tree that they find.
import type { SpanFacts } from "../../spans/span-record.ts";
import type { ErrorTree } from "../../tree/tree.ts";

/** Takes spans by trace, and whole trees that came in a header value. */
export interface SpanSink {
  span(traceId: string, span: SpanFacts): void;
  tree(tree: ErrorTree | undefined): void;
}
