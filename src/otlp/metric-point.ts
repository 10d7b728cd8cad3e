// Declares what the readers of OTLP metrics find: single points of sums and histograms.

/** Who sent a point. */
export interface FoundResource {
  /** Its attributes as one text, whatever their order was: equal for points of one resource. */
  readonly id: string;
  readonly service: string | undefined;
}

/** A histogram as it was sent; the sums are in the unit of the metric. */
export type FoundHistogram =
  | {
      readonly kind: "explicit";
      readonly counts: readonly number[];
      readonly bounds: readonly number[];
      readonly sum: number;
    }
  | {
      readonly kind: "exponential";
      readonly scale: number;
      readonly zeroCount: number;
      readonly offset: number;
      readonly counts: readonly number[];
      readonly sum: number;
    };

/** One point. Nothing in it has been checked but that it is of its type. */
export interface FoundPoint {
  readonly resource: FoundResource;
  readonly metric: string;
  readonly unit: string;
  /** Texts as they are, other values as JSON. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly isDelta: boolean;
  /** In microseconds since the epoch; 0 if it is not known. */
  readonly start: number;
  readonly time: number;
  readonly value: number | FoundHistogram;
}

/** Takes the points of the metrics that it wants. */
export interface MetricSink {
  wants(metric: string): boolean;
  point(point: FoundPoint): unknown;
}

/**
 * The flag of a point that stands for a missing one, as a Collector sends it when a scrape fails: whatever value it has, often 0,
 * was never measured.
 *
 * Source: opentelemetry-proto, metrics.proto, `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
 */
export const NO_RECORDED_VALUE = 1;

/** A histogram with more buckets is not read: OpenTelemetry's have at most 160. */
export const MOST_BUCKETS = 320;

/** The text of a resource's attributes. */
export function resourceOf(attributes: ReadonlyMap<string, string>): FoundResource {
  const pairs = [...attributes].sort(([one], [other]) => (one < other ? -1 : 1));
  return { id: JSON.stringify(pairs), service: attributes.get("service.name") || undefined };
}
