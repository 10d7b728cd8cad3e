// Names the limits that only tests set. Each has its default in the file that uses it.
import type { ExportOptions } from "../export/forced-export.ts";
import type { PipelineOptions } from "../pipeline/pipeline-parts.ts";

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
