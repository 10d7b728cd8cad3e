// Declares what readers of files call for each span and tree that they find.
import type { SpanSink } from "../../otlp/span-sink.ts";
import type { ErrorTree } from "../../tree/tree.ts";

/** Takes spans by trace, and whole trees that came in a header value. */
export interface InputSink extends SpanSink {
  tree(tree: ErrorTree | undefined): void;
}
