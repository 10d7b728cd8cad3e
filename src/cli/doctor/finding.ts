// What the doctor says: one fact, what it means, what to do.

/** `bad`: something is wrong. `note`: cannot be told from outside, or is for a person to judge. */
export type Mark = "ok" | "note" | "bad";

/** What a finding is about. */
export type Check =
  | "reached"
  | "answers"
  | "secret"
  | "between"
  | "context"
  | "header"
  | "tree"
  | "caches"
  | "head"
  | "clock"
  | "chain";

/** One line of the report. */
export interface Finding {
  readonly check: Check;
  readonly mark: Mark;
  /** Safe to print: texts of a peer have passed `printable`. */
  readonly text: string;
}

export function ok(check: Check, text: string): Finding {
  return { check, mark: "ok", text };
}

export function note(check: Check, text: string): Finding {
  return { check, mark: "note", text };
}

export function bad(check: Check, text: string): Finding {
  return { check, mark: "bad", text };
}

/** What was found at one URL. */
export interface UrlReport {
  readonly url: string;
  /** Who answered; absent where nobody did. */
  readonly service?: string;
  /** Requests that were sent. */
  readonly requests: number;
  readonly findings: readonly Finding[];
}
