// Why a failure was judged as it was. It stays where the spans are: what travels are the marks.

/** What decided about a failure among those beside it. */
export type Why =
  // It is what stopped the node above, for that one's own words name it …
  | "named-by-step"
  | "named-by-text"
  | "named-by-type"
  | "named-by-network"
  | "named-by-json"
  | "named-by-address"
  | "named-by-status"
  | "named-by-code"
  // … or for want of them.
  | "only"
  | "first-fault"
  | "first"
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

/** What decided, and the word of the node above that did. */
export interface Because {
  readonly why: Why;
  /** The address, status or type that names the failure. */
  readonly detail?: string;
}
