// Reads one trace from Jaeger, as it is stored at that moment.
import type { InputSink } from "../input/span-sink.ts";
import { type StoredTrace, TraceStore } from "../trace-store.ts";
import type { JaegerApi } from "./jaeger-api.ts";

/** A trace, with what the records of its spans do not hold. */
export interface ReadTrace {
  readonly trace: StoredTrace;
  /** Names of the spans by id: searches go by these names, not by operations. */
  readonly spanNames: ReadonlyMap<string, string>;
}

/** The trace; `undefined` if Jaeger does not know it. */
export async function readTrace(jaeger: JaegerApi, traceId: string): Promise<ReadTrace | undefined> {
  const store = new TraceStore();
  const spanNames = new Map<string, string>();
  const sink: InputSink = {
    span: (id, span) => {
      spanNames.set(span.spanId, span.name);
      store.span(id, span);
    },
    tree: () => {},
  };
  await jaeger.trace(traceId, sink);
  const [trace] = store.drain();
  return trace === undefined ? undefined : { trace, spanNames };
}
