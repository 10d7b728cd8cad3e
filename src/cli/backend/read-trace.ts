// Reads one trace from a backend, as it is stored at that moment.
import type { InputSink } from "../input/span-sink.ts";
import { type StoredTrace, TraceStore } from "../trace-store.ts";

/** A trace, with what the records of its spans do not hold. */
export interface ReadTrace {
  readonly trace: StoredTrace;
  /** Names of the spans by id: searches go by these names, not by operations. */
  readonly spanNames: ReadonlyMap<string, string>;
}

/** A backend that is asked for a trace; false if it does not know it. */
interface TraceBackend {
  trace(traceId: string, sink: InputSink): Promise<boolean>;
}

/** The trace; `undefined` if the backend does not know it. */
export async function readTrace(backend: TraceBackend, traceId: string): Promise<ReadTrace | undefined> {
  const store = new TraceStore();
  const spanNames = new Map<string, string>();
  const sink: InputSink = {
    span: (id, span) => {
      spanNames.set(span.spanId, span.name);
      store.span(id, span);
    },
    tree: () => {},
  };
  await backend.trace(traceId, sink);
  const [trace] = store.drain();
  return trace === undefined ? undefined : { trace, spanNames };
}
