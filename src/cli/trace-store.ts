// Keeps spans by trace, in any order, as compact records until their trace is printed.
import { type SpanFacts, type SpanRecord, toSpanRecord } from "../spans/span-record.ts";
import type { ErrorTree } from "../tree/tree.ts";
import { placeAnswers } from "./answers.ts";
import type { InputSink } from "./input/span-sink.ts";
import { separateShared } from "./shared-ids.ts";

/** One trace, or one tree from a header value. */
export interface StoredTrace {
  readonly traceId: string;
  readonly records: readonly SpanRecord[];
  /** Of several records of one span the last one. */
  readonly byId: ReadonlyMap<string, SpanRecord>;
  readonly tree?: ErrorTree;
  /** Trees from header values, which answer spans of this trace. */
  readonly answers?: readonly ErrorTree[];
  /** More spans of it may have come later: a limit of memory was reached. */
  readonly incomplete: boolean;
}

/** What the store does if it must not keep everything. */
export interface StoreBound {
  readonly maxSpans: number;
  onFull(trace: StoredTrace): void;
}

/** Holds traces in the order in which they were first seen. */
export class TraceStore implements InputSink {
  readonly #bound: StoreBound | undefined;
  readonly #traces = new Map<string, SpanRecord[]>();
  readonly #trees: StoredTrace[] = [];
  /** Traces that were printed before the input's end. */
  readonly #printed = new Set<string>();
  /** One string for each service and operation, however many spans name it. */
  readonly #names = new Map<string, string>();
  #spans = 0;

  constructor(bound?: StoreBound) {
    this.#bound = bound;
  }

  span(traceId: string, span: SpanFacts): void {
    let records = this.#traces.get(traceId);
    if (records === undefined) {
      records = [];
      this.#traces.set(traceId, records);
    }
    const record = toSpanRecord(span);
    // Read now what would be read later: the attributes would stay in memory until then.
    void record.call?.value;
    record.service = this.#name(record.service);
    record.operation = this.#name(record.operation);
    records.push(record);
    this.#spans++;
    if (this.#bound !== undefined && this.#spans > this.#bound.maxSpans) this.#releaseOldest(this.#bound);
  }

  tree(tree: ErrorTree | undefined): void {
    this.#trees.push({
      traceId: tree?.traceId ?? "",
      records: [],
      byId: new Map(),
      incomplete: false,
      ...(tree === undefined ? undefined : { tree }),
    });
  }

  /** All traces in the order in which they came. Each is removed when it is taken. */
  *drain(): Generator<StoredTrace> {
    const answers = placeAnswers(
      this.#trees.flatMap(({ tree }) => tree ?? []),
      this.#traces,
    );
    const placed = new Set([...answers.values()].flat().map(({ parentSpanId }) => parentSpanId));
    for (const stored of this.#trees.splice(0)) {
      const id = stored.tree?.parentSpanId;
      if (id === undefined || !placed.has(id)) yield stored;
    }
    for (const [traceId, records] of this.#traces) {
      this.#traces.delete(traceId);
      const incomplete = this.#printed.has(traceId);
      yield {
        traceId,
        ...indexed(records),
        incomplete,
        answers: answers.get(traceId) ?? [],
      };
    }
  }

  #releaseOldest(bound: StoreBound): void {
    const [oldest] = this.#traces;
    if (oldest === undefined) return;
    const [traceId, records] = oldest;
    this.#traces.delete(traceId);
    this.#spans -= records.length;
    this.#printed.add(traceId);
    bound.onFull({ traceId, ...indexed(records), incomplete: true });
  }

  #name(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    // There are few names, but names with ids are many: they must not be kept for ever.
    if (this.#names.size < 10_000) this.#names.set(text, text);
    return text;
  }
}

/** A trace of spans that somebody else has kept. */
export function storedTrace(traceId: string, records: readonly SpanRecord[]): StoredTrace {
  return { traceId, ...indexed(records), incomplete: false };
}

/** All that look spans up by id use one map: making it takes longer than most of what is done with it. */
function indexed(records: readonly SpanRecord[]): Pick<StoredTrace, "records" | "byId"> {
  const byId = recordsById(records);
  if (byId.size === records.length) return { records, byId };
  const separated = separateShared(records);
  return { records: separated, byId: separated === records ? byId : recordsById(separated) };
}

function recordsById(records: readonly SpanRecord[]): Map<string, SpanRecord> {
  const byId = new Map<string, SpanRecord>();
  for (const record of records) byId.set(record.spanId, record);
  return byId;
}
