// Where readers of files put what they find.
import type { SpanFacts } from "../../spans/span-record.ts";
import type { ErrorTree } from "../../tree/tree.ts";

/** Takes spans by trace, and trees that came ready-made in a header value. */
export interface SpanSink {
  span(traceId: string, span: SpanFacts): void;
  tree(tree: ErrorTree | undefined): void;
}
