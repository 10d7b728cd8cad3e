// Notices a set-up whose parts the SDK does not call.
import { context } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import type { Health } from "../health/health.ts";

/** So many answered requests without any span are no coincidence: an SDK may start a little after the first of them. */
const REQUESTS = 10;

/** Counts requests that were answered before the set-up saw its first span. */
export class UnusedSetUp {
  readonly #health: Health;
  #requests = 0;

  constructor(health: Health) {
    this.#health = health;
  }

  /** A request was answered that is not recorded. Requests for which tracing is suppressed do not count. */
  missed(): void {
    if (this.#requests >= REQUESTS || isTracingSuppressed(context.active())) return;
    this.#requests++;
    if (this.#requests < REQUESTS) return;
    this.#health.once(
      "unused",
      `a set-up has seen no span, though ${REQUESTS} requests were answered, and does nothing: its sampler and span ` +
        "processor are not in the NodeSDK that runs, or nothing instruments node:http",
    );
  }
}
