// Finishes, when the process ends, the requests that show a failure: nothing asynchronous runs any more.
import { context, trace } from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import type { Fragment } from "../fragments/fragment.ts";
import type { FragmentTable } from "../fragments/fragment-table.ts";
import type { TreeContext } from "../fragments/result.ts";
import type { Health } from "../health/health.ts";
import { errorFacts } from "../spans/error-facts.ts";
import type { FailureSink } from "../tree/failed-request.ts";
import type { Decisions, Exports } from "./decisions.ts";
import { tellIfFailed } from "./failed.ts";
import { finishedFragment } from "./finished.ts";

/** Id of the span that is active here. */
export function activeSpanId(): string | undefined {
  return trace.getSpan(context.active())?.spanContext().spanId;
}

/** The request in flight that a span belongs to. */
export function requestOf(table: FragmentTable, spanId: string | undefined): Fragment | undefined {
  return spanId === undefined ? undefined : table.entry(spanId)?.fragment;
}

/** What it needs. */
interface EndParts {
  readonly table: FragmentTable;
  readonly decisions: Decisions;
  readonly exports: Pick<Exports, "accept">;
  readonly trees: TreeContext;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly health: Health;
  readonly failures: FailureSink | undefined;
  /** A fragment is in flight no more. */
  left(fragment: Fragment): void;
}

/** So long trees are built; a process that has to end has thousands of requests in flight at worst. */
const LONGEST_MS = 1_000;

/** Knows which request an exception belongs to, and hands over what failed when the process ends. */
export class EndOfProcess {
  readonly #parts: EndParts;
  #thrown: { readonly spanId: string; readonly error: unknown } | undefined;

  constructor(parts: EndParts) {
    this.#parts = parts;
  }

  /** An exception was thrown that nobody in the code beneath caught. It counts only if the process ends. Never throws. */
  threw(error: unknown): void {
    try {
      const spanId = activeSpanId();
      if (spanId !== undefined) this.#thrown = { spanId, error };
    } catch {
      // A context manager of the program's own.
    }
  }

  /**
   * Hands over the requests in flight that failed, whatever the limits are, and at last, as the most important one, the request
   * in whose context the last exception was thrown. Never throws.
   */
  finish(): void {
    const { table, clock, health } = this.#parts;
    const { spanId, error } = this.#thrown ?? {};
    const thrower = requestOf(table, spanId);
    this.#thrown = undefined;
    const failing: Fragment[] = [];
    for (const fragment of table.fragments()) {
      if (fragment !== thrower && (fragment.revision > 0 || fragment.exportedBeneath)) failing.push(fragment);
    }
    const end = clock.monotonic() + LONGEST_MS;
    for (const fragment of failing) {
      if (clock.monotonic() < end) this.#finish(fragment);
      else health.count("fragments_cut_off");
    }
    if (thrower === undefined) return;
    // A failing status has said more already, and a request that is over went as it did.
    const isOpen = thrower.root.end === Number.POSITIVE_INFINITY && thrower.status < 400;
    if (isOpen && thrower.failure === undefined) thrower.failed({ ...errorFacts(error), code: undefined });
    this.#finish(thrower);
  }

  #finish(fragment: Fragment): void {
    const { table, decisions, exports, trees, clock, health, failures, left } = this.#parts;
    try {
      fragment.interrupted();
      table.release(fragment);
      left(fragment);
      const decision = decisions.of(fragment);
      const isFailed = decision.verdict === "failed";
      const forced = { ...decision, forced: true, at: decision.at === 0 ? clock.now() : decision.at };
      const finished = finishedFragment(fragment, isFailed ? forced : decision, trees);
      if (finished !== undefined) exports.accept(finished);
      tellIfFailed(failures, fragment, { ...decision, isChosen: isFailed });
    } catch (error) {
      health.failed("the end of the process", error);
    }
  }
}
