// Declares a fragment as it is handed over to be exported.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { WrittenSpan } from "../spans/written-span.ts";
import type { BuiltTree } from "../tree/redacted-tree.ts";
import type { Role } from "../tree/role.ts";
import type { ErrorTree, Verdict } from "../tree/tree.ts";
import type { Weight } from "../tree/weight.ts";

/** A client span, and the tree that was answered to it. */
export interface CalleeTree {
  readonly span: ReadableSpan;
  readonly tree: ErrorTree;
  /** The way to the first root cause leads through it. */
  readonly leadsToCause: boolean;
}

/** A fragment whose spans have ended, or that no longer waits for them. */
export interface FinishedFragment {
  readonly role: Role;
  readonly verdict: Verdict;
  readonly tree: BuiltTree | undefined;
  readonly represents: number | undefined;
  readonly rootSpanId: string;
  /** Id of the span above the root span: the one that the ask names, if there was an ask. */
  readonly parentId: string | undefined;
  /** The request failed, or its export was decided, only after another result had been reported. */
  readonly late: boolean;
  /** The process ends: the SDK will not export head-sampled spans that have not ended. */
  readonly cutOff: boolean;
  /** Milliseconds since the epoch at which the export was decided. */
  readonly decidedAt: number;
  /**
   * All spans of the fragment, parents before children. Empty if the SDK exports them, and only answers beneath are to be
   * written. The export side may change them.
   */
  readonly spans: readonly WrittenSpan[];
  /** How important each of them is. */
  readonly weights: readonly Weight[];
  /** The answers to those of its spans that are exported, here or by the SDK. */
  readonly callees: readonly CalleeTree[];
}
