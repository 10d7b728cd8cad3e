// Bounds of the queue in front of an exporter.

/** Bounds of the queue. Those with a default are no options: only tests set them. */
export interface QueueOptions {
  /** Most spans that are held, queued or with the exporter; beyond, fragments lose spans or are dropped. */
  readonly maxQueuedSpans: number;
  /** Most bytes that are held, by an estimate from the lengths of names, attributes and events. @default 2048 for each span */
  readonly maxQueuedBytes?: number;
  /**
   * Longest that a fragment waits for others to share an export with, in milliseconds. An urgent one waits only for the
   * export that is under way, and nobody waits once an export is full. @default 2000
   */
  readonly exportDelayMs?: number;
  /** After this an export counts as failed, in milliseconds; a flush or a close takes no longer either. @default 30000 */
  readonly exportTimeoutMs?: number;
}

/** Spans of one export, as in the SDK's own processor; a larger fragment is still exported in one. */
export const BATCH_SPANS = 512;
/** Bytes of one export: by default a gRPC receiver takes 4 MiB, and our bytes are an estimate. */
export const BATCH_BYTES = 1_048_576;

/** Room for one span: twice what it takes with the attributes of the stock instrumentations, about 900 bytes. */
const SPAN_BYTES = 2048;
/** Room for one span with large attributes, however few may wait. */
const LEAST_BYTES = 65_536;

/** The bounds, with a default for each that is absent. */
export function withDefaults(options: QueueOptions): Required<QueueOptions> {
  const {
    maxQueuedSpans,
    maxQueuedBytes = Math.max(LEAST_BYTES, maxQueuedSpans * SPAN_BYTES),
    exportDelayMs = 2_000,
    exportTimeoutMs = 30_000,
  } = options;
  return { maxQueuedSpans, maxQueuedBytes, exportDelayMs, exportTimeoutMs };
}
