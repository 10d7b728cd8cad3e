// Keeps the last failing traces, for the list and to be drawn.
import type { Failure } from "../graph/picture.ts";
import type { OpenTrace } from "../intake/open-traces.ts";
import type { FoundFailure } from "./rendering.ts";

interface Kept {
  readonly failure: Failure;
  readonly trace: OpenTrace;
}

const MOST_FAILURES = 500;
/** Of all traces that are kept: some 500 bytes each. */
const MOST_SPANS = 50_000;
const MOST_CHARS = 24_000_000;

/** The last failures, by trace. */
export class Failures {
  readonly #jaegerUrl: string | undefined;
  /** The ones that came last stand last. */
  readonly #kept = new Map<string, Kept>();
  #spans = 0;
  #chars = 0;

  /** @param jaegerUrl - of Jaeger's page, as `http://localhost:16686` */
  constructor(jaegerUrl: string | undefined) {
    this.#jaegerUrl = jaegerUrl?.replace(/\/+$/, "");
  }

  /** Keeps a failure, in place of what was known of its trace before. */
  add(found: FoundFailure, trace: OpenTrace): Failure {
    const jaegerUrl = this.jaegerUrlOf(trace.traceId);
    const failure = { ...found, ...(jaegerUrl === undefined ? undefined : { jaegerUrl }) };
    this.#drop(trace.traceId);
    // A trace that is still open grows; this is what it was.
    this.#kept.set(trace.traceId, { failure, trace: { ...trace, records: [...trace.records] } });
    this.#spans += trace.records.length;
    this.#chars += trace.chars;
    for (const traceId of this.#kept.keys()) {
      if (this.#kept.size <= MOST_FAILURES && this.#spans <= MOST_SPANS && this.#chars <= MOST_CHARS) break;
      this.#drop(traceId);
    }
    return failure;
  }

  /** True if the trace is in the list and has not grown since. */
  has({ traceId, records }: OpenTrace): boolean {
    return this.#kept.get(traceId)?.trace.records.length === records.length;
  }

  /** The newest first. */
  list(most: number): Failure[] {
    return [...this.#kept.values()]
      .map(({ failure }) => failure)
      .sort((one, other) => other.time - one.time)
      .slice(0, most);
  }

  traceOf(traceId: string): OpenTrace | undefined {
    return this.#kept.get(traceId)?.trace;
  }

  /** Halves of characters, which may stand in a text of JSON, cannot stand in a URL. */
  jaegerUrlOf(traceId: string): string | undefined {
    return this.#jaegerUrl === undefined
      ? undefined
      : `${this.#jaegerUrl}/trace/${encodeURIComponent(Buffer.from(traceId).toString())}`;
  }

  #drop(traceId: string): void {
    const kept = this.#kept.get(traceId);
    if (kept === undefined) return;
    this.#spans -= kept.trace.records.length;
    this.#chars -= kept.trace.chars;
    this.#kept.delete(traceId);
  }
}
