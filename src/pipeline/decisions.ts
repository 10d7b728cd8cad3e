// Decides about a request's export: just before its head is written, and again when more has failed.
import type { Clock } from "../clock.ts";
import type { FinishedFragment } from "../export/finished-fragment.ts";
import type { ExportChoice, FragmentView } from "../export/fragment-view.ts";
import type { RootFacts } from "../export/spans/root-attributes.ts";
import type { ExportDecision } from "../fragments/decision.ts";
import type { Fragment } from "../fragments/fragment.ts";
import { markPending } from "../fragments/pending.ts";
import { isSampled } from "../fragments/read-span.ts";
import { activeRouting, type RequestResult, type TreeContext, treeOf } from "../fragments/result.ts";
import { SharedErrors } from "../fragments/shared-errors.ts";
import type { LiveSpan } from "../fragments/span-entry.ts";
import type { Activity, Health } from "../health/health.ts";
import { GOOD_TRACE } from "../spans/good-trace.ts";
import type { Attributes } from "../spans/span-record.ts";
import type { Verdict } from "../tree/tree.ts";
import { choiceKept, decisionAfter } from "./decision-rules.ts";
import { viewOf } from "./export-view.ts";
import type { ProgressExports } from "./jobs.ts";
import { routeFromBeneath } from "./noted.ts";

/** The export side: it decides what is exported, and takes it. */
export interface Exports extends ProgressExports {
  decide(view: FragmentView<LiveSpan>): ExportChoice;
  accept(fragment: FinishedFragment): void;
  /** Attributes with the tree for a head-sampled local root, which the SDK exports. */
  rootAttributes(facts: RootFacts): Attributes;
  /** Counts what a head-sampled root stands for; `written` is false if it had ended before its attributes could be set. */
  countRepresented(represents: number, written: boolean): void;
  /** Called at every sweep of the pipeline. */
  sweep(): void;
}

const VERDICTS: Readonly<Record<Exclude<Verdict, "ok">, keyof Activity>> = {
  failed: "verdicts_failed",
  rejected: "verdicts_rejected",
  handled: "verdicts_handled",
};

/** What decisions need. */
interface DecisionParts {
  readonly exports: Exports;
  readonly health: Health;
  readonly clock: Pick<Clock, "now">;
  readonly trees: TreeContext;
  /** The next moment: a number in the order of all starts and ends, not a time. */
  tick(): number;
}

/** Decides about requests, about each one again only if its revision has changed. */
export class Decisions {
  readonly #parts: DecisionParts;
  readonly #sharedErrors = new SharedErrors();

  constructor(parts: DecisionParts) {
    this.#parts = parts;
  }

  /** The current decision: the one that the fragment has, unless its revision has changed since. */
  of(fragment: Fragment): ExportDecision {
    const before = fragment.decision;
    // It is counted from all spans in flight: once for each decision.
    const { revision } = fragment;
    const decision = before?.revision === revision ? before : this.#decideAnew(fragment, revision);
    if (decision !== before) {
      fragment.decided(decision);
      if (decision.code !== "ok" && fragment.reported === Number.POSITIVE_INFINITY) {
        fragment.failureReported(this.#parts.tick());
      }
      this.#describe(fragment, decision, before);
    }
    if (!fragment.isInFlight) this.count(fragment);
    return decision;
  }

  #decideAnew(fragment: Fragment, revision: number): ExportDecision {
    const result = this.#resultOf(fragment, revision);
    const choice = choiceKept(fragment, result) ?? this.#parts.exports.decide(viewOf(fragment, result));
    const decision = decisionAfter(fragment, result, choice, () => this.#parts.clock.now());
    const { tree, forced } = decision;
    if (tree === undefined || !forced) return decision;
    // The root is exported, so its tree explains the root cause.
    const explained =
      (isSampled(fragment.root.span) ? tree : treeOf(fragment, this.#parts.trees, true)) ?? tree;
    // This service exports its callees' spans too, so its tree leaves callers none to write.
    return { ...decision, tree: explained.asExported() };
  }

  /** The outcome. Before the first report of a failure, records which calls are pending and what the root says. */
  #resultOf(fragment: Fragment, revision: number): RequestResult {
    if (revision === 0) return fragment.result(revision, this.#parts.trees);
    const isFirst = fragment.reported === Number.POSITIVE_INFINITY;
    const errors = isFirst ? this.#sharedErrors.look(fragment) : [];
    if (isFirst) {
      const now = this.#parts.clock.now();
      fragment.described(fragment.root.span.status.message || undefined);
      markPending(fragment, now);
    }
    if (fragment.routing === undefined) fragment.routed(activeRouting(fragment));
    routeFromBeneath(fragment);
    const result = fragment.result(revision, this.#parts.trees);
    if (result.tree !== undefined) this.#sharedErrors.remember(errors, result.tree.raw);
    return result;
  }

  /** Puts the tree on a head-sampled root, which the SDK exports. */
  #describe(
    { role, root: { span } }: Fragment,
    decision: ExportDecision,
    before: ExportDecision | undefined,
  ): void {
    const { tree, verdict, represents, late, code } = decision;
    if (tree === undefined || !isSampled(span)) return;
    const live = span.isRecording();
    const counted = before?.represents === undefined ? represents : undefined;
    if (counted !== undefined) this.#parts.exports.countRepresented(counted, live);
    if (!live) return;
    const facts = { role, verdict, tree: tree.redacted(), represents };
    span.setAttributes(this.#parts.exports.rootAttributes(facts) as never);
    if (late) span.setAttribute("error_tree.late", true);
    if (code !== "ok" && span.attributes[GOOD_TRACE] === true) span.setAttribute(GOOD_TRACE, false);
  }

  /** Counts a fragment that is no longer in flight by its last verdict. */
  count(fragment: Fragment): void {
    const verdict = fragment.verdictToCount() ?? "ok";
    if (verdict !== "ok") this.#parts.health.activity[VERDICTS[verdict]]++;
  }
}
