// Own health: what is counted, and what the user is told of it.

/** What is counted where something was refused, malformed, lost or let go of, and what became of failing requests. */
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
  | "spans_dropped";

/** What goes as it should. Counted on the path of every request: plain numbers, to which the others add. */
export interface Activity {
  /** Fragments by their last verdict; what went well, with nothing failed beneath, is not counted. */
  verdicts_failed: number;
  verdicts_rejected: number;
  verdicts_handled: number;
  /** Answers to our asks that were understood. */
  answers_read: number;
  /** Answers written with a tree, and with the outcome alone. */
  answers_tree: number;
  answers_minimal: number;
  /** Bytes of the values of these answers. */
  answer_bytes_tree: number;
  answer_bytes_minimal: number;
  /** Nodes of our trees for which these answers had no room. */
  nodes_omitted: number;
}

/** Own health: counts, and the first of each kind of trouble told to the user. */
export interface Health {
  readonly activity: Activity;
  count(name: CountName, by?: number): void;
  /** An internal failure in `place`: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
  /** Something that the user should know, logged the first time. */
  once(topic: string, message: string): void;
}
