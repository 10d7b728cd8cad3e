// Declares what the doctor reports: one fact, what it means, what to do.

/** `bad`: something is wrong. `note`: it cannot be known from outside, or a person has to judge. */
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
  | "message"
  | "set-up"
  | "caches"
  | "head"
  | "clock"
  | "chain";

/** One line of the report. */
export interface Finding {
  readonly check: Check;
  readonly mark: Mark;
  /** Safe to print: texts of a peer went through `printable`. */
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
  /** The service that answered; absent if none did. */
  readonly service?: string;
  /** Requests that were sent. */
  readonly requests: number;
  readonly findings: readonly Finding[];
}
