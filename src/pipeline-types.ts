// What the pipeline hands from a fragment to the export side.
import type { FinishedFragment } from "./export/finished-fragment.ts";
import type { ExportDecision, FragmentView } from "./export/fragment-view.ts";
import type { Attributes } from "./spans/span-record.ts";
import type { ErrorTree, Verdict } from "./tree/tree.ts";

export type { CalleeTree, FinishedFragment } from "./export/finished-fragment.ts";
export type { ExportDecision, FragmentView } from "./export/fragment-view.ts";

/** Decides what is exported, and takes it. */
export interface FragmentSink<Span> {
  decide(view: FragmentView<Span>): ExportDecision;
  /** Attributes that tell the tree on a local root; its texts are redacted. */
  rootAttributes(tree: ErrorTree, verdict: Verdict, represents: number | undefined): Attributes;
  /** A head-sampled root goes its normal way, or went it before it could be told what it stands for. */
  told(represents: number, written: boolean): void;
  accept(fragment: FinishedFragment): void;
  /** Called now and then. */
  sweep(): void;
}
