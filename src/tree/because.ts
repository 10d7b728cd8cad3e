// The reasons for which failures are judged. They stay in the process that judges; only the marks are sent.

/** What decided about a failure among those beside it. */
export type Why =
  // It is what stopped the node above, because that node's own error names it …
  | "named-by-step"
  | "named-by-text"
  | "named-by-type"
  | "named-by-network"
  | "named-by-json"
  | "named-by-address"
  | "named-by-status"
  | "named-by-code"
  // … or because that error names nothing.
  | "only"
  | "first-fault"
  | "first"
  | "last-attempt"
  | "last"
  // It did not stop the node above.
  | "late"
  | "optional"
  | "undoing"
  | "within-success"
  | "another-named"
  | "went-on"
  | "retried"
  // The way ends here.
  | "mistake"
  | "ran-out-of-time"
  | "nothing-stopped-it"
  | "rejections-alone";

/** What decided about a failure, and the word in the error of the node above that names it. */
export interface Because {
  readonly why: Why;
  /** The address, status or type that names the failure. */
  readonly detail?: string;
}
