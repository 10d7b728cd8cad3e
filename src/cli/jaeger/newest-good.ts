// Finds the newest trace in which an operation succeeded.
import { linkSpans, type Work } from "../../tree/link.ts";
import { type StoredTrace, TraceStore } from "../trace-store.ts";
import type { JaegerApi } from "./jaeger-api.ts";

/** The first operation of a trace. */
export interface RootOperation {
  readonly service: string;
  readonly operation: string;
  /** As Jaeger knows it. */
  readonly spanName: string;
}

/** Traces of one search, and most searches: if nearly all requests fail, good ones are far apart. */
const PAGE = 100;
const MOST_PAGES = 5;

/**
 * The newest trace whose root is the operation and did not fail, of the 500 newest since `fromMs`. If all of these failed, the
 * newest that a service took as an example; `undefined` if there is none either.
 */
export async function newestGood(
  jaeger: JaegerApi,
  root: RootOperation,
  fromMs: number,
  nowMs: number,
): Promise<StoredTrace | undefined> {
  const { service, spanName } = root;
  let toMs = nowMs;
  for (let page = 0; page < MOST_PAGES && toMs > fromMs; page++) {
    const store = new TraceStore();
    if (!(await jaeger.ofOperation({ service, spanName, fromMs, toMs, limit: PAGE }, store)))
      return undefined;
    const { newest, oldest, traces } = lookThrough(store, root);
    if (newest !== undefined) return newest;
    if (traces < PAGE) return undefined;
    toMs = Math.min(oldest / 1000, toMs) - 1;
  }
  const store = new TraceStore();
  await jaeger.examplesOf({ service, spanName, fromMs, toMs: nowMs, limit: PAGE }, store);
  return lookThrough(store, root).newest;
}

/** What was found of an operation. */
interface Found {
  /** The newest good trace. */
  readonly newest: StoredTrace | undefined;
  /** The first start of the operation, in microseconds since the epoch. */
  readonly oldest: number;
  /** How many traces there are. */
  readonly traces: number;
}

function lookThrough(store: TraceStore, root: RootOperation): Found {
  let newest: { readonly trace: StoredTrace; readonly start: number } | undefined;
  let oldest = Number.POSITIVE_INFINITY;
  let traces = 0;
  for (const trace of store.drain()) {
    traces++;
    for (const [first] of linkSpans(trace.records, undefined)) {
      const { start } = (first as Work).record;
      if (isOperation(first as Work, root)) oldest = Math.min(oldest, start);
      if (isGood(first as Work, root) && start > (newest?.start ?? 0)) newest = { trace, start };
    }
  }
  return { newest: newest?.trace, oldest, traces };
}

function isOperation({ record }: Work, { service, operation }: RootOperation): boolean {
  return record.service === service && record.operation === operation;
}

function isGood(work: Work, root: RootOperation): boolean {
  return isOperation(work, root) && !work.record.failed && work.record.synthesized === undefined;
}
