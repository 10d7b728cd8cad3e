// What the export decision is made from, and what it says.
import type { Role } from "../tree/role.ts";
import type { BuiltTree } from "../tree/told-tree.ts";
import type { Verdict } from "../tree/tree.ts";

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
