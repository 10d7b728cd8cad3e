// The error of a run that a person can act on: shown as one line, without a stack trace.

/** An option that is wrong, a process that died, a port that is taken. */
export class RunError extends Error {
  override readonly name = "RunError";
  readonly code = "RUN";
}
