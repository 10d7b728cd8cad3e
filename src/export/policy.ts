// Which fragments are exported, and how many failed trees each of them stands for.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import type { ExportDecision, FragmentView } from "./fragment-view.ts";
import { Limiter, type LimiterOptions, type Settled } from "./limit/limiter.ts";

/** What is exported beyond failed requests, and how much of it. */
export interface PolicyOptions extends LimiterOptions {
  /** Requests that went well although something beneath them failed. */
  readonly exportHandled: boolean;
  /** Requests that were rejected, by one code on the whole way. */
  readonly exportRejected: boolean;
}

const NOT_EXPORTED: ExportDecision = { exported: false };

/**
 * Failed fragments go through the limiter; whatever stands above exported spans goes out with them, so that a forced trace
 * hangs together. Failed roots and detached fragments are counted: each is represented by one that is written, pending, or
 * dropped.
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

  decide(view: FragmentView<ReadableSpan>): ExportDecision {
    const { tree, role, verdict, sampled, exportedBeneath, again } = view;
    if (tree === undefined) return { exported: exportedBeneath };
    const failed = verdict === "failed";
    const counted = failed && role !== "asked";
    if (counted && !again) this.#health.count("trees_failed");
    if (view.spent) {
      if (counted && !again) this.#health.count("represents_dropped");
      return NOT_EXPORTED;
    }
    if (failed && (exportedBeneath || sampled)) return this.#limiter.noteForced({ tree, counted, again });
    if (exportedBeneath) return { exported: true };
    if (!this.#isWorthIt(view)) return NOT_EXPORTED;
    const bucket = failed && role === "root" ? "root" : "ordinary";
    const decision = this.#limiter.decide({ tree, bucket, counted });
    if (!decision.exported) this.#health.count("trees_limited");
    return decision;
  }

  /** Failed trees of which no export told in time. */
  settled(): Settled[] {
    return this.#limiter.sweep();
  }

  /** All failed trees of which no export told. */
  drain(): Settled[] {
    return this.#limiter.drain();
  }

  /** Failed roots and detached fragments that the next export of their kind will stand for. */
  get pending(): number {
    return this.#limiter.pending();
  }

  #isWorthIt({ verdict, leftAtWork, cutOff, failedAfterRoot }: FragmentView<ReadableSpan>): boolean {
    const { exportHandled, exportRejected } = this.#options;
    switch (verdict) {
      case "failed":
        return true;
      case "rejected":
        // A caller that left while we worked is the other side of its timeout.
        return exportRejected || leftAtWork || cutOff;
      case "handled":
        // What failed behind the answer, or never got to one, was handled by nobody.
        return exportHandled || failedAfterRoot || cutOff;
      case "ok":
        return false;
      default:
        return verdict satisfies never;
    }
  }
}
