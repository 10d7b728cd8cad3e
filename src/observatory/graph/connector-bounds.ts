// Lists the bounds of the histograms that the Collector's service graph connector writes.

/**
 * Upper bounds of the buckets, in seconds, ascending, as the connector has them by default (`latency_histogram_buckets`).
 *
 * Source: opentelemetry-collector-contrib, connector/servicegraphconnector.
 */
export const CONNECTOR_BOUNDS: readonly number[] = [
  0.002, 0.004, 0.006, 0.008, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 1.4, 2, 5, 10, 15,
];
