// Declares what is counted about the library itself, and how trouble is reported.
import type { WarningCode } from "./warning.ts";

/** Counts of what was refused, malformed, lost or dropped, and of what became of failing requests. */
export type CountName =
  | "internal_errors"
  | "fragments_evicted"
  | "fragments_timed_out"
  | "fragments_cut_off"
  | "spans_evicted"
  | "spans_untracked"
  | "asks_refused"
  | "asks_malformed"
  | "answers_malformed"
  | "answers_foreign"
  | "answers_untrusted"
  | "answers_unwritten"
  | "trees_failed"
  | "represents_written"
  | "represents_dropped"
  | "trees_limited"
  | "exports_failed"
  | "spans_synthesized"
  | "spans_shed"
  | "nodes_trimmed"
  | "texts_cut"
  | "fragments_exported"
  | "spans_exported"
  | "fragments_dropped"
  | "spans_dropped"
  | "spool_resent"
  | "spool_lost";

/** Counts of normal activity. They are on the path of every request, so they are plain numbers that others add to. */
export interface Activity {
  /** Fragments by their last verdict; those in which nothing failed are not counted. */
  verdicts_failed: number;
  verdicts_rejected: number;
  verdicts_handled: number;
  /** Answers to our asks that we could read. */
  answers_read: number;
  /** Answers written with a tree, and with the code alone. */
  answers_tree: number;
  answers_minimal: number;
  /** Bytes of the values of these answers. */
  answer_bytes_tree: number;
  answer_bytes_minimal: number;
  /** Nodes of our trees for which these answers had no room. */
  nodes_omitted: number;
}

/** Counts, and logs the first of each kind of trouble. */
export interface Health {
  readonly activity: Activity;
  count(name: CountName, by?: number): void;
  /** An error of ours in `place`: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
  /** Logs a message that the user should know, the first time for each topic. */
  once(topic: string, message: string): void;
  /** Shows the user a mistake in the set-up: each once, also if the SDK has no logger. */
  warn(code: WarningCode, message: string): void;
  /** Codes of the mistakes that were shown. */
  readonly warnings: ReadonlySet<WarningCode>;
}
