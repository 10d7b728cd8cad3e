// Counts what happens inside the library, and logs each kind of trouble once through the SDK's diagnostics.
import type { Activity, CountName, Health } from "./health.ts";
import { log, type WarningCode, warn } from "./warning.ts";

/** All counts by name. */
export type Counts = Readonly<Partial<Record<CountName | keyof Activity, number>>>;

/** Counts in memory. Each kind of trouble is logged once, so that trouble on a hot path does not flood a log. */
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
  readonly #logged = new Set<string>();
  readonly #warnings: Set<WarningCode>;

  /** `warnings`: codes of what is said elsewhere about the same set-up. */
  constructor(warnings: Set<WarningCode> = new Set()) {
    this.#warnings = warnings;
  }

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
    if (this.#logged.has(topic)) return;
    this.#logged.add(topic);
    log(message);
  }

  warn(code: WarningCode, message: string): void {
    if (this.#logged.has(message)) return;
    this.#logged.add(message);
    this.#warnings.add(code);
    warn("warn", code, message);
  }

  get warnings(): ReadonlySet<WarningCode> {
    return this.#warnings;
  }

  /** The counts of {@link count} so far; names that were never counted are absent. */
  snapshot(): Readonly<Partial<Record<CountName, number>>> {
    return Object.fromEntries(this.#counts);
  }

  /** All counts so far, those of normal activity included; names that were never counted are absent. */
  all(): Counts {
    const active = Object.entries(this.activity).filter(([, count]) => count > 0);
    return { ...Object.fromEntries(active), ...this.snapshot() };
  }
}

/** What was thrown, as text. Never throws, although the getters and `toString` of a thrown value are the program's. */
function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}
