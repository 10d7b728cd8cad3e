// Says what a quality attribute is: which share of the requests on an edge keeps what.
import type { EdgePattern } from "./edge-pattern.ts";

/** What a request keeps: it is answered within a time, or it succeeds. */
export type Measure =
  | { readonly kind: "within"; readonly seconds: number; readonly text: string }
  | { readonly kind: "succeed" };

/** A share of requests in millionths: as binary fractions, 999 of 1000 would miss 99.9 %. */
export type Millionths = number;

/** The whole. */
export const MILLION = 1_000_000;

/** One quality attribute. */
export interface Objective {
  /** As the file has it: `95% within 200ms`. */
  readonly text: string;
  readonly measure: Measure;
  readonly share: Millionths;
  /** With fewer than this share it is `warn`; at least `fail`. */
  readonly warn: Millionths;
  /** With fewer than this share it is `fail`; at most `share`. */
  readonly fail: Millionths;
  /** How far back the observatory looks, in seconds. */
  readonly windowSeconds: number;
  /** With fewer requests than that, nothing is said. */
  readonly least: number;
  /** Where it stands in the file, from 1. */
  readonly line: number;
  readonly column: number;
}

/** What a file says of the edges that a pattern matches. */
export interface ObjectiveEntry {
  readonly edge: EdgePattern;
  /** As the file has it. */
  readonly text: string;
  /** Empty for `none`: nothing is expected of these edges. */
  readonly objectives: readonly Objective[];
  readonly line: number;
  readonly column: number;
}
