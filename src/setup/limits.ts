// Names the limits that are no options: nobody sets them but tests, and each has its default where it is used.
import type { ExportOptions } from "../export/forced-export.ts";
import type { PipelineOptions } from "../pipeline/pipeline.ts";

/** Those that a test sets; the others have their defaults. */
export type Limits = Pick<
  ExportOptions & PipelineOptions,
  | "settleMs"
  | "maxNovelPerMinute"
  | "firstPerKind"
  | "kindIntervalMs"
  | "maxKinds"
  | "maxQueuedBytes"
  | "exportDelayMs"
  | "exportTimeoutMs"
>;
