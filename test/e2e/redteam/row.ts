// What an attack is, and what comes of it.
import type { Stage } from "./stage.ts";

/** Points of what the library promises, as the table names them. */
export const POINTS = [
  "redaction",
  "asks",
  "traces of answers",
  "shutdown",
  "floods",
  "addresses",
  "set-up",
  "small ones",
] as const;
export type Point = (typeof POINTS)[number];

/** What came of an attack. */
export type Result =
  | { readonly seen: string; readonly harm: readonly string[] }
  /** Why it was not tried. */
  | { readonly skipped: string };

/** One attack. */
export interface Row {
  readonly point: Point;
  readonly attack: string;
  readonly expected: string;
  /** Left out of a short run. */
  readonly long?: boolean;
  /** Not tried on the oldest Node, where it is the same or has no meaning. */
  readonly newNodeOnly?: boolean;
  run(stage: Stage): Promise<Result>;
}

/** An attack with its result. */
export interface Tried {
  readonly row: Row;
  readonly result: Result;
}
