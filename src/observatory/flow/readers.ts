// Gives the metric readers of a program a further producer, by the fields that the SDK has for producers of the program's own.
import type { HrTime, MetricData } from "./flow-metrics.ts";

/** What a reader asks at every collection. Source: OpenTelemetry, metrics SDK, MetricProducer. */
export interface MetricProducer {
  collect(): Promise<CollectionResult>;
}

/** What a producer has collected; the readers of the SDK take nothing but the metrics from it. */
interface CollectionResult {
  readonly resourceMetrics: {
    readonly resource: object;
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly MetricData[];
    }[];
  };
  readonly errors: readonly unknown[];
}

/** A reader of the SDK, 2 and 3. */
export interface Reader {
  _metricProducers: readonly MetricProducer[];
}

/** The readers of a meter provider; `undefined` if it is none of the SDK, or one that we do not know. */
export function readersOf(provider: unknown): readonly Reader[] | undefined {
  const { _sharedState: state } = provider as { _sharedState?: { metricCollectors?: unknown } };
  if (!Array.isArray(state?.metricCollectors)) return undefined;
  const readers = state.metricCollectors.map(
    (collector: { _metricReader?: Partial<Reader> } | undefined) => collector?._metricReader,
  );
  return readers.every((reader) => Array.isArray(reader?._metricProducers))
    ? (readers as Reader[])
    : undefined;
}

/** Adds a producer. The list may be the program's own, and shared by several readers: it is replaced, not changed. */
export function attach(reader: Reader, producer: MetricProducer): void {
  reader._metricProducers = [...reader._metricProducers, producer];
}

/** Takes it out again. */
export function detach(reader: Reader, producer: MetricProducer): void {
  reader._metricProducers = reader._metricProducers.filter((one) => one !== producer);
}

/** True if the reader can write exponential histograms: the exporter for Prometheus logs an error for each instead. */
export function knowsExponential(reader: Reader): boolean {
  return !("getMetricsRequestHandler" in reader);
}

/**
 * The path at which the exporter for Prometheus answers; `undefined` if the reader is another one. None if it is the root: other
 * requests may go there, too.
 */
export function scrapePathOf(reader: Reader): string | undefined {
  const { _endpoint: path } = reader as { _endpoint?: unknown };
  return !knowsExponential(reader) && typeof path === "string" && path !== "/" ? path : undefined;
}

/** Milliseconds since the epoch, as the SDK has times. */
export function hrTimeOf(ms: number): HrTime {
  return [Math.trunc(ms / 1000), Math.trunc(ms % 1000) * 1_000_000];
}
