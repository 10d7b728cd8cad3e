// Decides which fragments are exported, and how many failed trees each of them stands for.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import type { BuiltTree } from "../tree/redacted-tree.ts";
import type { ExportChoice, FragmentView } from "./fragment-view.ts";
import type { UnexportedTrees } from "./limit/kind-table.ts";
import { Limiter, type LimiterOptions } from "./limit/limiter.ts";

/** What is exported in addition to failed requests, and how much of it. */
export interface PolicyOptions extends LimiterOptions {
  /** Requests that went well although something beneath them failed. */
  readonly exportHandled: boolean;
  /** Requests that were rejected, with one code in the whole tree. */
  readonly exportRejected: boolean;
}

const NOT_EXPORTED: ExportChoice = { exported: false };

/**
 * Failed fragments pass the limiter. A fragment above exported spans is exported too, so that a forced trace is connected.
 * Failed roots and detached fragments are counted: each is represented by one that is written, pending or dropped.
 */
export class ExportPolicy {
  readonly #options: PolicyOptions;
  readonly #health: Health;
  readonly #limiter: Limiter;

  constructor(options: PolicyOptions, health: Health, clock: Pick<Clock, "monotonic">) {
    this.#options = options;
    this.#health = health;
    this.#limiter = new Limiter(options, clock);
  }

  decide(view: FragmentView<ReadableSpan>): ExportChoice {
    const { tree, role, verdict, sampled, exportedBeneath, alreadyCounted } = view;
    if (tree === undefined) return { exported: exportedBeneath };
    const failed = verdict === "failed";
    const counted = failed && role !== "asked";
    if (counted && !alreadyCounted) this.#health.count("trees_failed");
    if (view.spansGone) {
      if (counted && !alreadyCounted) this.#health.count("represents_dropped");
      return NOT_EXPORTED;
    }
    if (failed && (exportedBeneath || sampled))
      return this.#limiter.noteForced({ tree, counted, alreadyCounted });
    if (exportedBeneath) return { exported: true };
    if (!this.#isWorthIt(view)) return NOT_EXPORTED;
    const bucket = failed && role === "root" ? "root" : "ordinary";
    const decision = this.#limiter.decide({ tree, bucket, counted });
    if (!decision.exported) this.#health.count("trees_limited");
    return decision;
  }

  /** True if the limits let something be said of a failure that is not counted, because its job still runs. */
  admits(tree: BuiltTree): boolean {
    return this.#limiter.decide({ tree, bucket: "ordinary", counted: false }).exported;
  }

  /** Takes the failed trees that no export has accounted for in time. */
  takeOverdue(): UnexportedTrees[] {
    return this.#limiter.takeOverdue();
  }

  /** Takes all failed trees that no export has accounted for. */
  takePending(): UnexportedTrees[] {
    return this.#limiter.takePending();
  }

  /** Failed roots and detached fragments that the next export of their kind will stand for. */
  get pending(): number {
    return this.#limiter.pending();
  }

  #isWorthIt({ verdict, callerLeft, cutOff, failedAfterRoot }: FragmentView<ReadableSpan>): boolean {
    const { exportHandled, exportRejected } = this.#options;
    switch (verdict) {
      case "failed":
        return true;
      case "rejected":
        // A caller that left while this service still worked: the other side of the caller's timeout.
        return exportRejected || callerLeft || cutOff;
      case "handled":
        // Nobody has handled what failed after the answer, or what had no answer.
        return exportHandled || failedAfterRoot || cutOff;
      case "ok":
        return false;
      default:
        return verdict satisfies never;
    }
  }
}
