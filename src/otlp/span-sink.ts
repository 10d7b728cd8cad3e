// Declares what readers call for each span that they find.
import type { SpanFacts } from "../spans/span-record.ts";

/** Takes spans by trace. */
export interface SpanSink {
  span(traceId: string, span: SpanFacts): unknown;
}
