// Our own health: what is counted, and what is told once through the SDK's diagnostics.
import { diag } from "@opentelemetry/api";
import type { Activity, CountName, Health } from "./health.ts";

/** Everything that is counted, by name. */
export type Counts = Readonly<Partial<Record<CountName | keyof Activity, number>>>;

/** Counts in memory; each kind of trouble is logged once, so that trouble in a hot path does not flood a log. */
export class HealthCounts implements Health {
  readonly activity: Activity = {
    verdicts_failed: 0,
    verdicts_rejected: 0,
    verdicts_handled: 0,
    answers_read: 0,
    answers_tree: 0,
    answers_minimal: 0,
    answer_bytes_tree: 0,
    answer_bytes_minimal: 0,
    nodes_omitted: 0,
  };
  readonly #counts = new Map<CountName, number>();
  readonly #told = new Set<string>();

  count(name: CountName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  failed(place: string, error: unknown): void {
    this.count("internal_errors");
    this.once(
      `failed ${place}`,
      `internal error in ${place}, the request goes on without us: ${reasonOf(error)}`,
    );
  }

  once(topic: string, message: string): void {
    if (this.#told.has(topic)) return;
    this.#told.add(topic);
    try {
      diag.warn(`otel-error-tree: ${message}`);
    } catch {
      // A logger of the host that throws must not do harm either.
    }
  }

  /** What {@link count} counted so far; names that were never counted are absent. */
  snapshot(): Readonly<Partial<Record<CountName, number>>> {
    return Object.fromEntries(this.#counts);
  }

  /** All counts so far, of what went as it should, too; names that were never counted are absent. */
  all(): Counts {
    const active = Object.entries(this.activity).filter(([, count]) => count > 0);
    return { ...Object.fromEntries(active), ...this.snapshot() };
  }
}

/** What was thrown, as text. Never throws: getters and `toString` of a thrown value are the program's. */
function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return "an error that cannot be told";
  }
}
