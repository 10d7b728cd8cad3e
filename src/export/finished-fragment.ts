// A fragment as it is handed over to be exported.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { WrittenSpan } from "../spans/written-span.ts";
import type { Role } from "../tree/role.ts";
import type { BuiltTree } from "../tree/told-tree.ts";
import type { ErrorTree, Verdict } from "../tree/tree.ts";
import type { Weight } from "../tree/weight.ts";

/** A client span, and the tree that was answered to it. */
export interface CalleeTree {
  readonly span: ReadableSpan;
  readonly tree: ErrorTree;
  /** The way to the first root cause leads through it. */
  readonly leadsToCause: boolean;
}

/** A fragment whose spans have ended, or will not be waited for. */
export interface FinishedFragment {
  readonly role: Role;
  readonly verdict: Verdict;
  readonly tree: BuiltTree | undefined;
  readonly represents: number | undefined;
  readonly rootSpanId: string;
  /** Id of the span above the root span: the one that the ask named, where there was an ask. */
  readonly parentId: string | undefined;
  /** The failure, or the export of a callee, came to light after the head was written. */
  readonly late: boolean;
  /** The process ends: what has not ended goes no other way, head-sampled or not. */
  readonly cutOff: boolean;
  /** Milliseconds since the epoch at which the export was decided. */
  readonly decidedAt: number;
  /**
   * All of the fragment, parents before children; empty if the head sampler took them, and only spans beneath are to be
   * written. A head-sampled one that has not ended when the process ends will go no other way.
   */
  readonly spans: readonly WrittenSpan[];
  /** How much each of them matters. */
  readonly weights: readonly Weight[];
  /** What was answered to those of its spans that are exported, here or by their normal way. */
  readonly callees: readonly CalleeTree[];
}
