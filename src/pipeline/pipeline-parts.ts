// Declares what a pipeline is made of.
import type { Clock } from "../clock.ts";
import type { CancelReader, TrailerReader } from "../fragments/calls.ts";
import type { TableOptions } from "../fragments/fragment-table.ts";
import type { Health } from "../health/health.ts";
import type { FlowCounts } from "../observatory/flow/flow-counts.ts";
import type { FailureSink } from "../tree/failed-request.ts";
import type { Redactor } from "../tree/redact-node.ts";
import type { GoodTraces } from "../trickle/good-traces.ts";
import type { Exports } from "./decisions.ts";

/** Bounds of what is kept, and for how long. */
export interface PipelineOptions extends TableOptions {
  readonly fragmentTimeoutMs: number;
  readonly maxBytesInFlight: number;
  /** How long an export waits for spans that have not ended, in milliseconds. No option: only tests set it. @default 5000 */
  readonly settleMs?: number;
  /** Redacts the nodes of our own spans before they leave the process. @default the redactor without a hook */
  readonly redact?: Redactor;
}

/** What a pipeline joins. */
export interface PipelineParts {
  readonly exports: Exports;
  readonly health: Health;
  readonly clock: Clock;
  readonly readTrailers: TrailerReader;
  readonly readCancelled?: CancelReader;
  /** Gets failed requests. */
  readonly failures?: FailureSink;
  /** Why no spans come although requests are answered; `undefined` if that is no mistake in the set-up. */
  readonly whyNoSpans?: () => string | undefined;
  /** Where requests are counted by edge. @default nowhere */
  readonly flow?: FlowCounts | undefined;
  /** Learns how requests went. @default nobody */
  readonly goodTraces?: GoodTraces | undefined;
}
