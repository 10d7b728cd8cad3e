// Says what is wrong with a file of quality attributes, and where.

/** One thing that is wrong, or that has to be known. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What it is and what to do, without a full stop. */
  readonly text: string;
}

/** In the order of the file. */
export function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}
