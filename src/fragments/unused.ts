// Notices a set-up that gets no spans although requests are answered, and has it said why.
import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";

/** An SDK may start a little after the first request. */
const GRACE_MS = 1_000;
/** So many answered requests without any span are no coincidence, although nothing is wrong with the set-up. */
const REQUESTS = 10;
const IGNORED =
  `${REQUESTS} requests were answered, and no span was started for any of them, though HttpInstrumentation is active: ` +
  "it is told to ignore them (ignoreIncomingRequestHook), it was given to another SDK, or an ES module imported node:https " +
  "before that was patched";

/** What it looks at. */
interface UnusedParts {
  readonly health: Health;
  readonly clock: Clock;
  /** Whether the set-up has seen a span. */
  readonly table: { readonly hasSeenSpans: boolean };
  /** Why the set-up gets no spans, with the remedy; `undefined` if it would get those that are started. */
  readonly why: () => string | undefined;
}

/** Looks a moment after a request that was answered before the set-up saw its first span. */
export class UnusedSetUp {
  readonly #parts: UnusedParts;
  #requests = 0;
  #stop: (() => void) | undefined;
  #isOver = false;

  constructor(parts: UnusedParts) {
    this.#parts = parts;
  }

  /** A request was answered that is not recorded. Requests for which tracing is suppressed do not count. */
  missed(): void {
    if (this.#isOver || isTracingSuppressed(context.active())) return;
    this.#requests++;
    this.#stop ??= this.#parts.clock.every(GRACE_MS, () => this.#look());
  }

  close(): void {
    this.#isOver = true;
    this.#stop?.();
    this.#stop = undefined;
  }

  #look(): void {
    const { health, table, why } = this.#parts;
    this.#stop?.();
    this.#stop = undefined;
    try {
      const reason = table.hasSeenSpans ? undefined : why();
      if (reason !== undefined) {
        health.warn(
          "ERROR_TREE_NO_SPANS",
          `requests are answered, and no span is started for them: ${reason}`,
        );
      } else if (!table.hasSeenSpans && this.#requests >= REQUESTS) {
        health.once("unused", IGNORED);
      }
      this.#isOver = reason !== undefined || table.hasSeenSpans || this.#requests >= REQUESTS;
    } catch (error) {
      this.#isOver = true;
      health.failed("the look for spans", error);
    }
  }
}
