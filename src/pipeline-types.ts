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
  /** Counts what a head-sampled root stands for; `written` is false if it had ended before its attributes could be set. */
  countRepresented(represents: number, written: boolean): void;
  accept(fragment: FinishedFragment): void;
  /** Called now and then. */
  sweep(): void;
}
