// The error of the lab that a person can act on: shown as one line, without a stack trace.

/** Something that the person at the keyboard can put right: an option, a topology, a port, a dead service. */
export class LabError extends Error {
  override readonly name = "LabError";
  readonly code = "LAB";
}
