// What the command line knows of where it runs.
import type { Terminal } from "./render.ts";

/** Where it reads and writes, and what is set. */
export interface CommandEnvironment extends Terminal {
  /** Columns of the terminal that is written to; `undefined` where it is none. */
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From now on Ctrl-C ends a command by this signal, and no more the program at once. */
  readonly interrupted?: () => AbortSignal;
}
