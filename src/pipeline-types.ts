// What the pipeline hands from a fragment to the export side.
import type { Attributes } from "./spans/span-record.ts";
import type { BuiltTree } from "./tree/told-tree.ts";
import type { ErrorTree, Verdict } from "./tree/tree.ts";
import type { Weight } from "./tree/weight.ts";

/** Role of a fragment in its trace. */
export type Role = "root" | "asked" | "detached";

/** What is known of a fragment when its export is decided. `Span` is the SDK's readable span. */
export interface FragmentView<Span> {
  readonly role: Role;
  readonly verdict: Verdict;
  readonly tree: BuiltTree | undefined;
  /** The local root. */
  readonly root: Span;
  /** The head sampler took the local root: it goes its normal way, whatever is decided. */
  readonly sampled: boolean;
  /** A callee exported spans although the head sampler said no. */
  readonly exportedBeneath: boolean;
  /** The caller left before the head was written. */
  readonly leftAtWork: boolean;
  /** The process ends before the request was answered: nobody knows how it would have ended. */
  readonly cutOff: boolean;
  /** Something failed after the local root had ended: nobody can have coped with it. */
  readonly failedAfterRoot: boolean;
  /** Its spans were let go of: there is nothing left to export. */
  readonly spent: boolean;
  /** The same fragment was decided about as failed before, and not exported. */
  readonly again: boolean;
}

/** Whether a fragment is exported. */
export interface ExportDecision {
  readonly exported: boolean;
  /** How many failed roots and detached fragments this one stands for, itself included; absent where it counts none. */
  readonly represents?: number;
}

/** A client span, and the tree that was answered to it. */
export interface CalleeTree<Span> {
  readonly span: Span;
  readonly tree: ErrorTree;
  /** The way to the first root cause leads through it. */
  readonly leadsToCause: boolean;
}

/** A fragment whose spans have ended, or will not be waited for. `Span` is the SDK's readable span. */
export interface FinishedFragment<Span> {
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
  readonly spans: readonly Span[];
  /** How much each of them matters. */
  readonly weights: readonly Weight[];
  /** What was answered to those of its spans that are exported, here or by their normal way. */
  readonly callees: readonly CalleeTree<Span>[];
}

/** Decides what is exported, and takes it. */
export interface FragmentSink<Span> {
  decide(view: FragmentView<Span>): ExportDecision;
  /** Attributes that tell the tree on a local root; its texts are redacted. */
  rootAttributes(tree: ErrorTree, verdict: Verdict, represents: number | undefined): Attributes;
  /** A head-sampled root goes its normal way, or went it before it could be told what it stands for. */
  told(represents: number, written: boolean): void;
  accept(fragment: FinishedFragment<Span>): void;
  /** Called now and then. */
  sweep(): void;
}
