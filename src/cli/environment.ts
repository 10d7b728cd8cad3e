// Describes the environment of the command line, so that tests can replace it.
import type { Terminal } from "./render.ts";

/** Streams, terminal and variables. */
export interface CommandEnvironment extends Terminal {
  /** Columns of the terminal that output goes to; `undefined` if it is not a terminal. */
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From now on Ctrl-C aborts this signal instead of ending the program at once. */
  readonly interrupted?: () => AbortSignal;
}
