// Declares what the export decision is made from, and what it says.

import type { BuiltTree } from "../tree/redacted-tree.ts";
import type { Role } from "../tree/role.ts";
import type { Verdict } from "../tree/tree.ts";

/** What is known of a fragment when its export is decided. `Span` is the SDK's readable span. */
export interface FragmentView<Span> {
  readonly role: Role;
  readonly verdict: Verdict;
  readonly tree: BuiltTree | undefined;
  /** The local root. */
  readonly root: Span;
  /** The head sampler took the local root: the SDK exports it, whatever is decided here. */
  readonly sampled: boolean;
  /** Spans beneath the local root were exported although the head sampler said no. */
  readonly exportedBeneath: boolean;
  /** The caller left before the head was written. */
  readonly callerLeft: boolean;
  /** The process ends before the request was answered: how it would have ended is unknown. */
  readonly cutOff: boolean;
  /** Something failed after the local root had ended, so that nobody can have handled it. */
  readonly failedAfterRoot: boolean;
  /** Its spans are exported or dropped already: nothing is left to export. */
  readonly spansGone: boolean;
  /** An earlier decision counted the same fragment as failed, and did not export it. */
  readonly alreadyCounted: boolean;
}

/** Whether a fragment is exported. */
export interface ExportChoice {
  readonly exported: boolean;
  /** How many failed roots and detached fragments this one stands for, itself included; absent if it counts none. */
  readonly represents?: number;
}
