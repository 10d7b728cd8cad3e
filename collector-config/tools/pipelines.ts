// The configurations that there are, by the names of their files.

/** Pipelines of the Collector, each to be used after common.yaml. */
export const PIPELINES = ["single", "agent", "gateway", "kafka-writer", "kafka-reader"] as const;
export type Pipeline = (typeof PIPELINES)[number];

/** Stores of Jaeger, each to be used after jaeger.yaml. */
export const STORES = ["memory", "badger", "elasticsearch", "opensearch", "cassandra"] as const;
export type Store = (typeof STORES)[number];
